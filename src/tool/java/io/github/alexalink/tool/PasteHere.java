package io.github.alexalink.tool;

import io.github.alexalink.diagnosis.Shell;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Makes the lines to paste of a report lead to this Tomcat and to its database, if they would not find them by themselves:
 * with several Tomcats on the machine, or a PostgreSQL that is not where psql looks.
 *
 * @param tomcat its folder, if it has to be named
 * @param jdbcUrl of its database, if that has to be named
 */
record PasteHere(Optional<String> tomcat, Optional<String> jdbcUrl) {

    /** In the place of a host: a report is made to be shown to others, and says of no machine where it is. */
    private static final String HOST = "DATABASE_HOST";

    /** What to do, with the options that it needs here. */
    String of(String cure) {
        return cure.lines().map(this::line).collect(Collectors.joining("\n"));
    }

    private String line(String line) {
        if (!line.startsWith("    ")) {
            return line;
        }
        if (line.matches(".* alexa\\.war (?:client|account) .*")) {
            return line + database();
        }
        if (line.matches(".* alexa\\.war (?:check|console)\\b.*")) {
            return line + folder();
        }
        if (line.matches(".* alexa\\.war setup\\b.*")) {
            return line + folder() + database();
        }
        return jdbcUrl.map(url -> line.replaceFirst("\\bpsql -X", "psql -X" + psql(url)))
                .orElse(line);
    }

    private String folder() {
        return tomcat.map(folder -> " --tomcat " + Shell.word(folder)).orElse("");
    }

    private String database() {
        return jdbcUrl.map(PasteHere::address)
                .map(url -> " --db " + Shell.word(url))
                .orElse("");
    }

    private static String address(String jdbcUrl) {
        return server(jdbcUrl)
                .map(server -> "postgresql://" + (server.isHere() ? "" : HOST) + ":" + server.port() + "/"
                        + server.encodedDatabase())
                .orElse("");
    }

    private static String psql(String jdbcUrl) {
        return server(jdbcUrl)
                .map(server -> (server.isHere() ? "" : " -h " + HOST) + " -p " + server.port())
                .orElse("");
    }

    private static Optional<Server> server(String jdbcUrl) {
        try {
            return Optional.of(Server.find(Optional.of(jdbcUrl.replaceFirst("^jdbc:", "")), unset -> null));
        } catch (Refusal severalHosts) {
            return Optional.empty();
        }
    }
}
