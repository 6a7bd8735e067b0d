package io.github.alexalink.tool;

import io.github.alexalink.config.DatabaseSettings;
import io.github.alexalink.config.Settings;
import io.github.alexalink.diagnosis.Shell;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** From nothing to a running /alexa: looks, plans, asks, does, proves. */
@Command(
        name = "setup",
        description = {
            "Sets Alexa Link up in Tomcat and PostgreSQL, or brings it to this version.",
            "It shows a plan, asks what it must know, and only then changes something."
                    + " Stopped anywhere, it goes on when it is started again."
        },
        footer = {
            "",
            "Example:  sudo java -jar alexa.war setup",
            "          sudo java -jar alexa.war setup --plan",
            "Without questions:",
            "          sudo java -jar alexa.war setup --yes \\",
            "              --issuer https://music.example.org/alexa \\",
            "              --alexa-vendor M2EXAMPLE --account anna --password-file F"
        })
final class SetupCommand implements Callable<Integer> {

    enum Side {
        DATABASE,
        TOMCAT
    }

    private static final String PASSWORD_FILE = "alexa.db.password";
    static final String SECRET_FILE = "alexa.client-secret";

    @Option(names = "--plan", description = "Print the plan, the SQL and the files, and change nothing.")
    private boolean planOnly;

    @Option(names = "--yes", description = "Ask nothing: what is needed is in the options, or there already.")
    private boolean yes;

    @Mixin
    private TomcatOption tomcat;

    @Option(
            names = "--issuer",
            paramLabel = "URL",
            description = "The address as Alexa sees it:%nhttps://music.example.org/alexa")
    private Optional<String> issuer = Optional.empty();

    @Option(names = "--name", paramLabel = "TEXT", description = "What listeners call your music server.")
    private Optional<String> name = Optional.empty();

    @Option(
            names = "--alexa-vendor",
            paramLabel = "ID",
            description = "The end of the redirect addresses in Amazon's console; a whole address will do.")
    private Optional<String> vendor = Optional.empty();

    @Option(names = "--account", paramLabel = "NAME", description = "The first account: a name to sign in with.")
    private Optional<String> account = Optional.empty();

    @Mixin
    private PasswordOption password;

    @Mixin
    private DatabaseOption database;

    @Option(
            names = "--only",
            paramLabel = "SIDE",
            description = "Only database, or only tomcat, if they are two people's.")
    private Optional<Side> only = Optional.empty();

    @Option(
            names = "--db-password-file",
            paramLabel = "F",
            description = "The file with the password of the role alexa_app. With --only database it is made if it is"
                    + " not there; give it to whoever runs --only tomcat.")
    private Optional<Path> dbPasswordFile = Optional.empty();

    @Option(
            names = "--new-db-password",
            description = "Give the role alexa_app another password, although it has one that is not known here. Each"
                    + " Tomcat that logs in with the old one needs the new one.")
    private boolean newDbPassword;

    @ParentCommand
    private Tool tool;

    @Spec
    private CommandSpec command;

    private PrintWriter out;
    private Optional<TomcatSide> tomcatSide = Optional.empty();
    private Optional<DatabaseSide> databaseSide = Optional.empty();

    /** As the WAR finds them in this Tomcat already; empty if they are not all there, or lead elsewhere than --db. */
    private Optional<DatabaseSettings> settings = Optional.empty();

    /** Where the password of the role is, or will be. */
    private Place passwordFile;

    private String accountsPassword;

    @Override
    public Integer call() throws Refusal, SQLException, IOException {
        out = command.commandLine().getOut();
        if (isAsking() && !Prompt.isThere()) {
            throw new Refusal(
                    "there is no terminal to ask at",
                    "java -jar alexa.war setup --yes --issuer https://music.example.org/alexa …, or --plan");
        }
        Optional<List<String>> uris =
                vendor.isPresent() ? Optional.of(RedirectUris.toRegister(vendor.get())) : Optional.empty();
        checked(issuer, name);
        UnaryOperator<String> now = look();
        try {
            tomcatSide.ifPresent(out::println);
            databaseSide.ifPresent(out::println);
            out.println();
            return setUp(new Wanted(
                    issuer.or(() -> Optional.ofNullable(now.apply("alexa.issuer"))),
                    name.or(() -> Optional.ofNullable(now.apply("alexa.name"))),
                    uris,
                    account,
                    this::accountsPassword));
        } finally {
            if (databaseSide.isPresent()) {
                databaseSide.get().close();
            }
        }
    }

    private boolean isAsking() {
        return !yes && !planOnly;
    }

    /** Finds what is there, and returns the settings of this Tomcat. */
    private UnaryOperator<String> look() throws Refusal, SQLException, IOException {
        UnaryOperator<String> now = unset -> null;
        Path folder;
        if (only.orElse(Side.TOMCAT) == Side.TOMCAT) {
            Catalina found = tomcat.tomcat();
            tomcatSide = Optional.of(new TomcatSide(found, tool.war()));
            now = TomcatSide.settingsAt(found, issuer.map(URI::create));
            settings = settings(now);
            folder = found.base().resolve("conf").toRealPath();
            String set = now.apply("alexa.db.password.file");
            passwordFile = Place.forTomcat(set == null ? folder.resolve(PASSWORD_FILE) : Path.of(set), found);
        } else {
            Path file = dbPasswordFile.orElse(Path.of(PASSWORD_FILE)).toAbsolutePath();
            folder = file.getParent();
            passwordFile = Place.secret(file);
        }
        if (only.orElse(Side.DATABASE) == Side.DATABASE) {
            databaseSide = Optional.of(new DatabaseSide(
                    database.serverOr(settings.map(DatabaseSettings::url)),
                    database.isGiven(),
                    passwordFile,
                    Place.secret(folder.resolve(SECRET_FILE)),
                    settings,
                    dbPasswordFile.map(Path::toAbsolutePath).orElse(passwordFile.file()),
                    newDbPassword));
        }
        return now;
    }

    private Optional<DatabaseSettings> settings(UnaryOperator<String> now) throws Refusal {
        DatabaseSettings found;
        try {
            found = DatabaseSettings.read(now);
        } catch (Settings.BadSetting notYet) {
            return Optional.empty();
        }
        return !database.isGiven() || database.server().isAt(found.url()) ? Optional.of(found) : Optional.empty();
    }

    /** Plans, asks, does and proves. */
    private int setUp(Wanted known) throws Refusal, SQLException, IOException {
        List<Step> planned = steps(known, !yes);
        print(planned);
        if (planOnly) {
            exactly(planned);
            return 0;
        }
        Wanted wanted = isAsking() ? asked(known, planned) : known;
        if (tomcatSide.isPresent() && wanted.issuer().isEmpty()) {
            throw new Refusal("alexa.issuer is not known", "--issuer https://music.example.org/alexa");
        }
        List<Step> steps = steps(wanted, false);
        if (isNewAccount(steps)) {
            accountsPassword(wanted.account().orElseThrow()); // before anything is changed
        }
        Instant begun = Instant.now();
        run(steps, wanted);
        databaseSide.ifPresent(side -> side.notices().forEach(notice -> out.println("Note: " + notice)));
        if (tomcatSide.isPresent()) {
            return prove(tomcatSide.get(), wanted, steps, begun);
        }
        out.println();
        out.println("Next, for whoever runs Tomcat, with that file:");
        out.println("  java -jar alexa.war setup --only tomcat --db "
                + Shell.word(databaseSide.orElseThrow().addressForTomcat()));
        out.println("      --db-password-file "
                + Shell.word(passwordFile.file().getFileName().toString()));
        return 0;
    }

    /** @param asking whether a person can be asked for what is not known yet */
    private List<Step> steps(Wanted wanted, boolean asking) throws Refusal, SQLException, IOException {
        List<Step> steps = new ArrayList<>();
        if (tomcatSide.isPresent() && dbPasswordFile.isPresent()) {
            steps.add(copied(dbPasswordFile.get(), passwordFile));
        }
        if (databaseSide.isPresent()) {
            steps.addAll(databaseSide.get().steps(wanted, asking));
        } else if (settings.isEmpty() && dbPasswordFile.isEmpty() && !Files.exists(passwordFile.file())) {
            throw new Refusal(
                    "the password of the role " + DatabaseSide.ROLE + " is not known",
                    "whoever ran --only database has it in a file: --db-password-file F");
        }
        if (tomcatSide.isPresent()) {
            Map<String, String> databaseSettings = new TreeMap<>();
            if (settings.isEmpty()) {
                databaseSettings.put(
                        "alexa.db.url",
                        databaseSide.isPresent()
                                ? databaseSide.get().url()
                                : database.server().jdbcUrl());
                databaseSettings.put("alexa.db.user", DatabaseSide.ROLE);
                databaseSettings.put(
                        "alexa.db.password.file", passwordFile.file().toString());
            }
            steps.addAll(tomcatSide.get().steps(wanted, databaseSettings));
        }
        return steps;
    }

    private static Step copied(Path from, Place to) throws Refusal, IOException {
        String what = "password of " + DatabaseSide.ROLE;
        if (!Files.isReadable(from)) {
            throw new Refusal(
                    "there is no file " + from + " that " + Myself.name() + " may read",
                    "--db-password-file names the one that --only database made");
        }
        String text = Files.readString(from);
        if (Files.exists(to.file()) && Files.readString(to.file()).equals(text)) {
            return Step.there(Step.Part.ROLE_PASSWORD, what, to.file().toString());
        }
        return new Step(
                Step.Part.ROLE_PASSWORD,
                what,
                Step.State.MAKE,
                "in " + to.file(),
                from + " is copied to " + to.file(),
                () -> {
                    to.makeFolder().write(text);
                    return "copied";
                });
    }

    private void print(List<Step> steps) {
        int width = steps.stream().mapToInt(step -> step.what().length()).max().orElse(0);
        for (Step step : steps) {
            out.println("  " + step.what() + " ".repeat(width - step.what().length()) + "  " + step.state()
                    + (step.detail().isEmpty() ? "" : ": " + step.detail()));
        }
        out.println();
    }

    private void exactly(List<Step> steps) {
        for (Step step : steps) {
            if (step.toDo()) {
                out.println("-- " + step.what());
                out.println(step.exactly());
                out.println();
            }
        }
        out.println("Nothing was changed.");
    }

    private Wanted asked(Wanted wanted, List<Step> steps) throws Refusal, IOException {
        Optional<String> issuerTyped = wanted.issuer();
        Optional<String> nameTyped = wanted.name();
        Optional<List<String>> uris = wanted.redirectUris();
        Optional<String> accountTyped = wanted.account();
        if (isAsked(steps, Step.Part.ISSUER)) {
            issuerTyped = Optional.of(
                    until("The address as Alexa sees it, such as https://music.example.org/alexa", "", text -> {
                        checked(Optional.of(text), Optional.empty());
                        tomcatSide.orElseThrow().at(URI.create(text));
                        return text;
                    }));
            if (nameTyped.isEmpty()) {
                nameTyped = Optional.of(until("What listeners call your music server", "Music server", text -> {
                    checked(Optional.empty(), Optional.of(text));
                    return text;
                }));
            }
        }
        if (isAsked(steps, Step.Part.CLIENT)) {
            uris = until(
                    "A redirect URL from Amazon's console, or its end M… (Enter: later)",
                    "",
                    text -> text.isEmpty() ? Optional.empty() : Optional.of(RedirectUris.toRegister(text)));
        }
        if (isAsked(steps, Step.Part.ACCOUNT)) {
            accountTyped = Optional.of(Prompt.ask("Name of the first account (Enter: later)", ""))
                    .filter(text -> !text.isEmpty());
        }
        if (accountTyped.isPresent() && (wanted.account().isEmpty() || isNewAccount(steps))) {
            accountsPassword(accountTyped.get());
        }
        if (steps.stream().anyMatch(Step::toDo) && !Prompt.ask("Do it?", "yes").matches("(?i)y|yes")) {
            throw new Refusal("not done", "nothing was changed");
        }
        return new Wanted(issuerTyped, nameTyped, uris, accountTyped, this::accountsPassword);
    }

    private static boolean isAsked(List<Step> steps, Step.Part part) {
        return steps.stream().anyMatch(step -> step.state() == Step.State.ASK && step.part() == part);
    }

    @FunctionalInterface
    private interface Reading<T> {
        T of(String text) throws Refusal, IOException;
    }

    private <T> T until(String question, String suggested, Reading<T> reading) throws Refusal, IOException {
        while (true) {
            String typed = Prompt.ask(question, suggested);
            try {
                return reading.of(typed);
            } catch (Refusal again) {
                out.println("  " + again.getMessage().lines().findFirst().orElse(""));
            }
        }
    }

    /** By the code that the WAR reads them with. */
    private static void checked(Optional<String> issuer, Optional<String> name) throws Refusal {
        Map<String, String> values = Map.of(
                "alexa.issuer", issuer.orElse("https://music.example.org/alexa"), "alexa.name", name.orElse("…"));
        try {
            Settings.read(values::get);
        } catch (Settings.BadSetting bad) {
            throw new Refusal(
                    bad.getMessage(),
                    bad.getMessage().contains("letters of it are lost")
                            ? "LC_ALL=C.UTF-8 java -jar alexa.war setup ..."
                            : "--issuer https://music.example.org/alexa --name \"My music server\"");
        }
        if (name.orElse("").contains("${")) {
            throw new Refusal(
                    "alexa.name is [" + name.orElseThrow() + "]: Tomcat would put a property in the place of ${…}",
                    "--name \"My music server\"");
        }
    }

    private static boolean isNewAccount(List<Step> steps) {
        return steps.stream().anyMatch(step -> step.toDo() && step.part() == Step.Part.ACCOUNT);
    }

    /** Asked for, or read, once. */
    private String accountsPassword(String of) throws Refusal {
        for (int left = 2; accountsPassword == null; left--) {
            try {
                accountsPassword = password.read(of);
            } catch (Refusal mistyped) {
                if (yes || left == 0) {
                    throw mistyped;
                }
                out.println("  " + mistyped.getMessage().lines().findFirst().orElse(""));
            }
        }
        return accountsPassword;
    }

    /** If Tomcat runs, a change of what is there is waited for before the next one, so that it restarts once for each. */
    private void run(List<Step> steps, Wanted wanted) throws Refusal, SQLException, IOException {
        int width = steps.stream().mapToInt(step -> step.what().length()).max().orElse(0);
        boolean any = false;
        for (Step step : steps) {
            if (step.toDo()) {
                out.print("  " + step.what() + " ".repeat(width - step.what().length()) + "  ");
                out.flush();
                Instant begun = Instant.now();
                boolean done = false;
                try {
                    String words = step.work().run();
                    done = true;
                    out.println(words);
                } finally {
                    if (!done) {
                        out.println("not done");
                        out.println(
                                any
                                        ? "What is above is done. The same command again goes on here."
                                        : "Nothing was changed.");
                    }
                }
                any = true;
                if (step.state() == Step.State.CHANGE && step.part().restarts()) {
                    TomcatSide side = tomcatSide.orElseThrow();
                    if (side.whyNotByItself().isEmpty()) {
                        side.prove(side.at(URI.create(wanted.issuer().orElseThrow())), begun);
                    }
                }
            }
        }
    }

    /** Exit status 0 if the web application works as far as it can be seen from inside. */
    private int prove(TomcatSide side, Wanted wanted, List<Step> steps, Instant begun) throws Refusal, IOException {
        Installation installation = side.at(URI.create(wanted.issuer().orElseThrow()));
        Optional<String> later = side.whyNotByItself();
        boolean done = steps.stream().anyMatch(Step::toDo);
        if (done) {
            out.println();
        }
        if (later.isPresent()) {
            out.println(later.get() + ", then: java -jar alexa.war check");
            return 0;
        }
        if (done) {
            out.println("Waiting for Tomcat ...");
        }
        side.prove(installation, installation.changed());
        String after = done ? " after " + Duration.between(begun, Instant.now()).toSeconds() + " s" : "";
        out.println("Alexa Link is up" + after + ": " + installation.localAddress() + "/health is ok.");
        out.println();
        CommandLine commands = command.commandLine().getParent();
        String base = side.tomcat().base().toString();
        int status = commands.execute("check", "--tomcat", base);
        if (status == 0
                && !yes
                && wanted.redirectUris().isPresent()) { // a script's output goes to a log, and it has a secret
            out.println();
            status = commands.execute("console", "--tomcat", base);
        } else if (status == 0) {
            out.println();
            out.println("What to enter at Amazon:  sudo java -jar alexa.war console");
        }
        return steps.stream().anyMatch(step -> step.state() == Step.State.LEAVE) ? 0 : status; // as it was asked for
    }
}
