package io.github.alexalink.tool;

import io.github.alexalink.config.DatabaseSettings;
import io.github.alexalink.config.Settings;
import io.github.alexalink.store.PoolFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import picocli.CommandLine.Option;

/** In which Tomcat a command looks for Alexa Link. */
final class TomcatOption {

    @Option(
            names = "--tomcat",
            paramLabel = "DIR",
            description =
                    "The Tomcat: the folder that has conf and webapps (CATALINA_BASE). Without it, the only one on"
                            + " this machine.")
    private Optional<Path> folder = Optional.empty();

    /** Alexa Link there, if this user may read what it reads. */
    Installation installation() throws Refusal {
        return installation(Optional.empty());
    }

    /**
     * Alexa Link there, if this user may read what it reads.
     *
     * @param path under which it answers; empty: /alexa, or the only one
     */
    Installation installation(Optional<String> path) throws Refusal {
        try {
            return found(path);
        } catch (IOException unreadable) {
            throw new Refusal(
                    Myself.name() + " cannot read Tomcat's files: " + unreadable.getMessage(),
                    "run it as root: sudo java -jar alexa.war …");
        }
    }

    Catalina tomcat() throws Refusal, IOException {
        return Catalina.find(folder);
    }

    /** The folder that was given, if this Tomcat would not be found without it. */
    Optional<String> needed(Catalina tomcat) {
        try {
            return folder.isEmpty() || Catalina.find(Optional.empty()).base().equals(tomcat.base())
                    ? Optional.empty()
                    : Optional.of(tomcat.base().toString());
        } catch (Refusal | IOException noneOrSeveral) {
            return Optional.of(tomcat.base().toString());
        }
    }

    private Installation found(Optional<String> path) throws Refusal, IOException {
        Catalina tomcat = tomcat();
        Installation installation = path.isPresent() ? Installation.in(tomcat, path.get()) : Installation.in(tomcat);
        mayRead(tomcat.base().resolve("conf/catalina.properties"));
        mayRead(tomcat.descriptors());
        mayRead(installation.descriptor());
        String passwordFile = installation.settings().apply("alexa.db.password.file");
        if (passwordFile != null && Path.of(passwordFile).isAbsolute()) {
            mayRead(Path.of(passwordFile).getParent());
            mayRead(Path.of(passwordFile));
        }
        return installation;
    }

    private static void mayRead(Path file) throws Refusal {
        boolean may = Files.isDirectory(file) ? Files.isExecutable(file) : Files.isReadable(file);
        if (Files.exists(file) && !may) {
            throw new Refusal(Myself.name() + " may not read " + file, "run it as root: sudo java -jar alexa.war …");
        }
    }

    /** Refuses as the WAR would; says so if the setting may stand where this user cannot look. */
    static Refusal refused(Installation installation, Settings.BadSetting bad) {
        boolean hidden = installation
                .tomcat()
                .running()
                .map(process -> Path.of("/proc", String.valueOf(process.pid()), "environ"))
                .filter(environment -> Files.exists(environment) && !Files.isReadable(environment))
                .isPresent();
        return new Refusal(
                bad.getMessage(),
                hidden
                        ? "or it is in Tomcat's environment, which only root may read: sudo java -jar alexa.war …"
                        : "java -jar alexa.war setup makes the settings");
    }

    /** Whether the descriptor has a pool that needs no settings, so that the WAR does not read alexa.db.url and its like. */
    static boolean hasPoolOfItsOwn(Installation installation) throws Refusal, IOException {
        if (!Files.exists(installation.descriptor())) {
            return false;
        }
        NodeList resources = Catalina.parse(installation.descriptor()).getElementsByTagName("Resource");
        for (int i = 0; i < resources.getLength(); i++) {
            Element resource = (Element) resources.item(i);
            if (resource.getAttribute("name").equals("jdbc/alexa")) {
                return !resource.getAttribute("factory").equals(PoolFactory.class.getName())
                        || resource.hasAttribute("jdbcUrl")
                        || resource.hasAttribute("dataSourceClassName");
            }
        }
        return false;
    }

    /** Reads the settings of the web application. */
    static Settings settings(Installation installation) throws Refusal, IOException {
        UnaryOperator<String> source = installation.settings();
        try {
            return Settings.read(source);
        } catch (Settings.BadSetting bad) {
            throw refused(installation, bad);
        }
    }

    /** Reads the settings of its database. */
    static DatabaseSettings databaseSettings(Installation installation) throws Refusal, IOException {
        if (hasPoolOfItsOwn(installation)) {
            throw new Refusal(
                    installation.descriptor() + " has a pool of its own, and this tool cannot log in by it",
                    "look at the clients with --db: java -jar alexa.war client list --db URL");
        }
        try {
            return DatabaseSettings.read(installation.settings());
        } catch (Settings.BadSetting bad) {
            throw refused(installation, bad);
        }
    }
}
