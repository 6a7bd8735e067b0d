package io.github.alexalink.tool;

import io.github.alexalink.client.Registration;
import io.github.alexalink.config.DatabaseSettings;
import io.github.alexalink.config.Settings;
import io.github.alexalink.diagnosis.Attempts;
import io.github.alexalink.diagnosis.ClientChecks;
import io.github.alexalink.diagnosis.DatabaseChecks;
import io.github.alexalink.diagnosis.Diagnosis;
import io.github.alexalink.diagnosis.Finding;
import io.github.alexalink.diagnosis.IssuerPath;
import io.github.alexalink.diagnosis.Severity;
import io.github.alexalink.diagnosis.Shell;
import io.github.alexalink.diagnosis.Vantage;
import io.github.alexalink.store.AttemptRepository;
import io.github.alexalink.store.ClientRepository;
import io.github.alexalink.store.Database;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What can be checked from inside, without a visitor. */
@Command(
        name = "check",
        description = "Looks for what keeps Alexa from linking: settings, database, clients, the last attempts, web"
                + " application. Changes"
                + " nothing. It cannot see whether Amazon gets through to this machine.",
        footer = {
            "",
            "Exit status: 0 nothing worse than a warning, 1 linking cannot work, 2 wrong usage.",
            "",
            "Example:  sudo java -jar alexa.war check"
        })
final class CheckCommand implements Callable<Integer> {

    /** Together less than 20 s with a database that does not answer, whatever a server does. */
    private static final Duration DATABASE = Duration.ofSeconds(12);

    private static final Duration WEB_APPLICATION = Duration.ofSeconds(6);

    private static final Duration RECORD = Duration.ofSeconds(6);

    private static final String SETTING = "setting-refused";

    /** How a sentence about a client begins. */
    private static final Pattern CLIENT = Pattern.compile("client ([^\\s,]+)");

    @Spec
    private CommandSpec command;

    @Mixin
    private TomcatOption tomcat;

    @Option(
            names = "--path",
            paramLabel = "PATH",
            description = "Which Alexa Link, if that Tomcat has several, for example /house/alexa. Without it, /alexa.")
    private Optional<String> path = Optional.empty();

    @Option(names = "--json", description = "One JSON object, for a program.")
    private boolean json;

    @Override
    public Integer call() throws Refusal, IOException {
        Diagnosis diagnosis = new Diagnosis(Vantage.INSIDE);
        Installation installation;
        try {
            installation = tomcat.installation(path);
        } catch (Refusal refused) {
            if (!json) {
                throw refused;
            }
            diagnosis.add(refused(refused));
            return print(diagnosis);
        }
        Optional<Settings> settings = settings(diagnosis, installation);
        boolean poolOfItsOwn = TomcatOption.hasPoolOfItsOwn(installation);
        Optional<DatabaseSettings> database =
                poolOfItsOwn ? Optional.empty() : databaseSettings(diagnosis, installation);
        if (poolOfItsOwn) {
            DatabaseChecks.skipped("the pool in the descriptor, which only the web application can use")
                    .forEach(diagnosis::add);
        } else if (database.isPresent()) {
            DatabaseSettings known = database.get();
            diagnosis.check("the database", DATABASE, () -> new DatabaseChecks(WarDatabase.of(known)).findings());
        } else {
            DatabaseChecks.skipped(SETTING).forEach(diagnosis::add);
        }
        if (settings.isPresent() && database.isPresent()) {
            DatabaseSettings known = database.get();
            URI issuer = settings.get().issuer();
            diagnosis.check(
                    "the record",
                    RECORD,
                    () -> record(
                            diagnosis,
                            WarDatabase.of(known),
                            issuer,
                            installation.tomcat().base().resolve("logs")));
        }
        if (settings.isPresent() && (poolOfItsOwn || database.isPresent())) {
            LocalAnswer answer = new LocalAnswer(installation);
            URI issuer = settings.get().issuer();
            Optional<String> faultAlready = diagnosis.firstFault();
            boolean clockIsOff = diagnosis.findings().stream()
                    .anyMatch(finding -> finding.id().equals("clock-off")
                            && finding.severity().needsAttention());
            diagnosis.check(
                    "the web application", WEB_APPLICATION, () -> answer.findings(issuer, faultAlready, clockIsOff));
        } else {
            diagnosis.add(Finding.skipped("unavailable", Vantage.INSIDE, "the web application", SETTING));
        }
        settings.ifPresent(known -> diagnosis.add(notLookedAt(known.issuer())));
        others(installation).ifPresent(diagnosis::add);
        diagnosis.rewriteCures(new PasteHere(
                tomcat.needed(installation.tomcat()),
                elsewhere(Optional.ofNullable(installation.settings().apply("alexa.db.url"))))::of);
        return print(diagnosis);
    }

    /** The address of the database, if no command would find it without. */
    private static Optional<String> elsewhere(Optional<String> jdbcUrl) {
        return jdbcUrl.filter(url -> {
            try {
                return !DatabaseOption.bySudo().isAt(url);
            } catch (Refusal none) {
                return true;
            }
        });
    }

    private int print(Diagnosis diagnosis) {
        PrintWriter out = command.commandLine().getOut();
        out.print(json ? diagnosis.json() + System.lineSeparator() : diagnosis.text());
        out.flush();
        return diagnosis.exitStatus();
    }

    /** Only the web application sees how visitors arrive, and no other program may ask it for that. */
    private static Finding notLookedAt(URI issuer) {
        return Finding.info(
                "forwarded-missing",
                Vantage.INSIDE,
                "what the proxy says of visitors is not looked at here; the operator's page shows it",
                "not known",
                "no forwarded-… at " + issuer + "/operator");
    }

    /** Another one in the same Tomcat, which has settings and a database of its own. */
    private static Optional<Finding> others(Installation installation) throws Refusal, IOException {
        List<String> others = installation.others();
        if (others.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new Finding(
                "another-here",
                Severity.INFO,
                Vantage.INSIDE,
                "this Tomcat has another Alexa Link, which was not looked at: " + String.join(", ", others),
                "looked at: " + installation.localAddress().getPath(),
                "",
                others.stream()
                        .map(other -> "    sudo java -jar alexa.war check --path " + Shell.word(other))
                        .collect(Collectors.joining("\n")),
                "each has settings, and perhaps a database, of its own",
                "docs/operator.md, When something is wrong"));
    }

    /** What the record says, if the clients can be read. What is named as it is now is not named again. */
    private static List<Finding> record(Diagnosis diagnosis, Database database, URI issuer, Path logs)
            throws SQLException {
        boolean readable = diagnosis.findings().stream()
                .anyMatch(finding -> finding.id().equals("pkce-differs") && finding.severity() == Severity.OK);
        if (!readable) {
            return List.of(Finding.skipped(
                    "nothing-seen",
                    Vantage.RECORD,
                    "the record",
                    diagnosis.firstFault().orElse("a check that failed")));
        }
        List<Finding> named = diagnosis.findings().stream()
                .filter(finding -> finding.severity().needsAttention())
                .toList();
        List<Registration> clients = ClientChecks.ofAlexa(new ClientRepository(database).registrations());
        return new Attempts(issuer, logs)
                .findings(new AttemptRepository(database), clients).stream()
                        .filter(finding -> named.stream().noneMatch(now -> covers(now, finding)))
                        .toList();
    }

    /** Whether what is named as it is now is the cause of what happened, to the same client and as bad. */
    private static boolean covers(Finding now, Finding happened) {
        Matcher one = CLIENT.matcher(now.says());
        Matcher other = CLIENT.matcher(happened.says());
        return now.id().equals(happened.id())
                && now.severity().compareTo(happened.severity()) <= 0
                && (!one.lookingAt() || !other.lookingAt() || one.group(1).equals(other.group(1)));
    }

    private static Optional<Settings> settings(Diagnosis diagnosis, Installation installation)
            throws Refusal, IOException {
        UnaryOperator<String> source = installation.settings();
        try {
            Settings settings = Settings.read(source);
            diagnosis.add(IssuerPath.differs(
                            settings.issuer(), installation.localAddress().getPath())
                    .orElseGet(() -> Finding.ok(
                            "issuer-differs",
                            Vantage.INSIDE,
                            "alexa.issuer ends with the path of the web application")));
            return Optional.of(settings);
        } catch (Settings.BadSetting bad) {
            diagnosis.add(refused(bad));
            return Optional.empty();
        }
    }

    private static Optional<DatabaseSettings> databaseSettings(Diagnosis diagnosis, Installation installation)
            throws Refusal, IOException {
        try {
            return Optional.of(DatabaseSettings.read(installation.settings()));
        } catch (Settings.BadSetting bad) {
            diagnosis.add(refused(bad));
            return Optional.empty();
        }
    }

    /** For a program, which reads nothing but standard output. */
    private static Finding refused(Refusal refused) {
        String[] parts = refused.getMessage().split("\\n", 2);
        return new Finding(
                "check-failed",
                Severity.ERROR,
                Vantage.INSIDE,
                "nothing could be checked",
                parts[0],
                "a Tomcat with Alexa Link in it, whose files can be read",
                parts.length == 2 ? parts[1].strip() : "mend what was found",
                "whether linking works is not known",
                "docs/operator.md, When something is wrong");
    }

    private static Finding refused(Settings.BadSetting bad) {
        // the WAR's words name who reads a file: here that is root, or whoever runs this, and not Tomcat's user
        String words =
                bad.getMessage().replace("the user that Tomcat runs as, [" + Myself.name() + "]", "Tomcat's user");
        String[] parts = words.split(": (?=it must be)|(?<=\\]): ", 2);
        return new Finding(
                SETTING,
                Severity.FATAL,
                Vantage.INSIDE,
                "the web application refuses a setting and does not start",
                parts[0],
                parts.length == 2 ? parts[1] : "a setting that the web application takes",
                words.startsWith("alexa.db.password.file") && words.contains("there is no such file")
                        ? "bring the file back. If it is lost, this gives the role another password, which each other Tomcat"
                                + " then needs too:\n    sudo java -jar alexa.war setup --new-db-password"
                        : "correct it, or:\n    sudo java -jar alexa.war setup",
                "nothing of Alexa Link answers until it is corrected",
                "docs/operator.md, Settings");
    }
}
