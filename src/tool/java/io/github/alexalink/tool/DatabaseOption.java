package io.github.alexalink.tool;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Which database a command uses. */
final class DatabaseOption {

    @Option(
            names = "--db",
            paramLabel = "URL",
            description = "The database: postgresql://USER@HOST:5432/alexa. Without it, the one that psql would use"
                    + " (PGHOST, PGPORT, PGUSER, PGPASSWORD, ~/.pgpass), and of it the database alexa.")
    private Optional<String> address = Optional.empty();

    Server server() throws Refusal {
        return Server.find(address, System::getenv);
    }

    boolean isGiven() {
        return address.isPresent();
    }

    /** Of the option; or else the one of a Tomcat's settings, logged in as psql would. */
    Server serverOr(Optional<String> jdbcUrl) throws Refusal {
        // on this machine the socket is preferred, as without a host
        Optional<String> set = jdbcUrl.map(url ->
                url.substring("jdbc:".length()).replaceFirst("//(127\\.0\\.0\\.1|localhost|\\[::1])(?=[:/])", "//"));
        return Server.find(address.or(() -> set), System::getenv);
    }

    Connection connect() throws Refusal, SQLException {
        return server().connect();
    }
}
