package io.github.alexalink.diagnosis;

import io.github.alexalink.store.ClientRepository;
import io.github.alexalink.store.Database;
import io.github.alexalink.store.SchemaRepository;
import io.github.alexalink.store.SchemaRepository.Objection;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What can be checked in the database, as the role of the WAR. It finds the words in {@link SchemaRepository}, as /health does. */
public final class DatabaseChecks {

    /** From here on the clocks do not only differ by the time that asking takes. */
    private static final Duration OFF = Duration.ofSeconds(60);

    private static final String DOCUMENT = "docs/operator.md, The database";
    private static final String MAINTAIN = Psql.select("* FROM alexa.maintain()");
    private static final String UPKEEP = "docs/dba.md, maintain()";
    private static final String NO_TOKEN =
            "no token can be issued or refreshed; every request is answered with status 503";

    /** The id of a database that is there, and only takes too long. */
    private static final String SLOW = "database-slow";

    /** PostgreSQL's states for a statement that was canceled (query_canceled), and for a lock that was not had in time. */
    private static final Set<String> TOOK_TOO_LONG = Set.of("57014", "55P03");

    /** The driver's state for a connection that failed after it had been made. */
    private static final String BROKEN_LATER = "08006";

    /** How the pool says that there are connections, and that others have them all. */
    private static final Pattern BUSY = Pattern.compile("total=[1-9]\\d*, active=[1-9]\\d*, idle=0");

    /** What may lead to a machine in a message of PostgreSQL or of its driver: a report is made to be shown to others. */
    private static final Pattern ADDRESS =
            Pattern.compile("host \"[^\"]*\"|\\b\\d{1,3}(?:\\.\\d{1,3}){3}\\b|[0-9a-fA-F]*:[0-9a-fA-F]*:[0-9a-fA-F:]+");

    /** The database that a message of PostgreSQL names. */
    private static final Pattern NAMED = Pattern.compile("database \"([^\"]+)\"");

    /** The role that a message of PostgreSQL names, in English. */
    private static final Pattern ROLE = Pattern.compile("(?:role|user) \"([^\"]+)\"");

    /** The role that setup and sql/roles.sql make. */
    private static final String APP = "alexa_app";

    /** Not said of pg_hba.conf, whose name is in each language, nor of a way to log in that the role did not pass. */
    private static final Predicate<String> LOGIN_OFF = Pattern.compile(
                    "pg_hba\\.conf|\\b(?:ident|peer|ldap|gssapi|sspi|radius|pam|bsd|certificate)\\b",
                    Pattern.CASE_INSENSITIVE)
            .asPredicate()
            .negate();

    /** What stands behind a colon in the words of a shortcoming, if psql takes it. */
    private static final Pattern REMEDY = Pattern.compile(
            ": ((?:GRANT|ALTER|DROP|CREATE|REVOKE|REINDEX|COMMENT) .+?)(?=; (?:\\S+ ){1,12}?\\S*: |; and \\d+ more|$)");

    private final Database database;
    private final SchemaRepository schema;
    private final ClientRepository clients;

    public DatabaseChecks(Database database) {
        this.database = database;
        schema = new SchemaRepository(database);
        clients = new ClientRepository(database);
    }

    /** Database, schema, upkeep and clock, and then the clients. All of it has the time that a request has. */
    public List<Finding> findings() {
        List<Finding> findings = new ArrayList<>();
        try {
            database.onOneConnection(() -> {
                look(findings);
                return findings;
            });
        } catch (SQLException failed) {
            Finding away = because(failed);
            findings.add(away);
            List<Finding> left = new ArrayList<>(skipped(away.id()));
            left.removeIf(
                    check -> findings.stream().anyMatch(looked -> looked.id().equals(check.id())));
            findings.addAll(left);
        }
        return findings;
    }

    private void look(List<Finding> findings) throws SQLException {
        Optional<Objection> objection = schema.objection();
        Psql psql = new Psql(schema.databaseName());
        Finding first = objection.isPresent()
                ? because(objection.get(), psql)
                : ok("database-unreachable", "the database answers, and tokens can be issued");
        findings.add(first);
        if (first.severity() == Severity.FATAL) {
            findings.addAll(skipped(first.id()));
            return;
        }
        if (objection.isEmpty()) {
            findings.add(schema.shortcoming()
                    .map(words -> differs(words, psql))
                    .orElseGet(() -> ok("database-schema-differs", "schema alexa is as this WAR needs it")));
            findings.add(schema.maintenanceWarning()
                    .map(words -> overdue(words, psql))
                    .orElseGet(() -> ok("database-maintenance-overdue", "upkeep of the database is done")));
        }
        findings.add(clock("this machine", Instant.now(), "the database", schema.clock()));
        findings.addAll(ClientChecks.of(clients.registrations(), psql));
    }

    /** What is left out if the database cannot be asked. */
    public static List<Finding> skipped(String becauseOf) {
        return List.of(
                Finding.skipped("database-schema-differs", Vantage.INSIDE, "schema and upkeep", becauseOf),
                Finding.skipped("clock-off", Vantage.INSIDE, "the clocks", becauseOf),
                Finding.skipped("client-unknown", Vantage.INSIDE, "the clients", becauseOf));
    }

    /**
     * Compares two clocks.
     *
     * @param whose for example "this machine"
     * @param others for example "the database"
     */
    public static Finding clock(String whose, Instant there, String others, Instant other) {
        Duration off = Duration.between(other, there);
        if (off.abs().compareTo(OFF) < 0) {
            return ok("clock-off", "the clock of " + whose + " agrees with that of " + others);
        }
        return new Finding(
                "clock-off",
                Severity.WARNING,
                Vantage.INSIDE,
                "the clock of " + whose + " is " + off.abs().toSeconds() + " s "
                        + (off.isNegative() ? "behind" : "ahead of") + " that of " + others,
                there.toString(),
                other + ", to a minute",
                "on each machine:\n    timedatectl set-ntp true",
                "the database's clock decides what is valid. An access token is refused if Tomcat made it more than 36"
                        + " hours off",
                DOCUMENT);
    }

    private Finding because(Objection objection, Psql psql) throws SQLException {
        return switch (objection.cause()) {
            case SCHEMA_MISSING ->
                stopped(
                        "database-schema-missing",
                        objection,
                        "schema alexa of this version",
                        "    java -jar alexa.war sql install | " + psql);
            case SCHEMA_OLD ->
                stopped(
                        "database-schema-old",
                        objection,
                        "schema version " + SchemaRepository.BUILT_FOR,
                        "    java -jar alexa.war sql upgrade --from "
                                + objection.says().replaceFirst(".* version (\\d+) .*", "$1") + " | " + psql);
            case SCHEMA_NEW ->
                stopped(
                        "database-schema-new",
                        objection,
                        "a WAR that knows this version",
                        objection.cure() + "; with that WAR:\n    sudo java -jar alexa.war setup");
            case RIGHTS_MISSING ->
                stopped(
                        "database-rights-missing",
                        objection,
                        "the rights that sql/roles.sql and the migrations give",
                        "if alexa.db.user is not alexa_app, let it be. Otherwise this names each right that is missing, with"
                                + " the statement that gives it:\n    java -jar alexa.war sql verify | " + psql);
            case SEARCH_PATH ->
                stopped(
                        "database-search-path",
                        objection,
                        "search_path as sql/roles.sql sets it",
                        objection.says().contains("ALTER ROLE")
                                ? psql.run(objection.says().replaceFirst(".*(?=ALTER ROLE)", ""))
                                : psql.run(
                                        "ALTER ROLE alexa_app IN DATABASE " + psql.identifier() + " RESET search_path",
                                        "ALTER ROLE alexa_app SET search_path = pg_catalog, pg_temp"));
            case SCHEMA_DIFFERS ->
                no(
                        Severity.ERROR,
                        "database-schema-differs",
                        "schema alexa is not as its migrations made it",
                        objection.words(),
                        "what the migrations made",
                        remedy(objection.words(), psql),
                        NO_TOKEN,
                        DOCUMENT);
            case READ_ONLY -> readOnly(schema.readOnlyBecause(), psql);
            case PARTITION_MISSING ->
                no(
                        Severity.ERROR,
                        "database-partition-missing",
                        objection.says(),
                        "no partition for today",
                        "partitions for today and the coming days",
                        psql.run(MAINTAIN),
                        NO_TOKEN,
                        UPKEEP);
        };
    }

    private static Finding stopped(String id, Objection objection, String wanted, String cure) {
        return no(Severity.FATAL, id, objection.says(), objection.words(), wanted, cure, NO_TOKEN, DOCUMENT);
    }

    /** @param source as {@link SchemaRepository#readOnlyBecause} has it */
    private static Finding readOnly(String source, Psql psql) {
        String setting = " default_transaction_read_only";
        String cure =
                switch (source) {
                    case "standby" ->
                        "let alexa.db.url lead to the primary. If this is to be it:\n"
                                + Psql.to("postgres").run(Psql.select("pg_promote()"));
                    case "database" -> psql.write("ALTER DATABASE " + psql.identifier() + " RESET" + setting);
                    case "user" -> psql.write("ALTER ROLE alexa_app RESET" + setting);
                    case "database user" ->
                        psql.write("ALTER ROLE alexa_app IN DATABASE " + psql.identifier() + " RESET" + setting);
                    case "configuration file" ->
                        psql.write("ALTER SYSTEM SET" + setting + " = off", Psql.select("pg_reload_conf()"));
                    default -> "take it out of alexa.db.url, or out of what starts PostgreSQL";
                };
        return no(
                Severity.ERROR,
                "database-read-only",
                "the database is read-only",
                source.equals("standby")
                        ? "a standby"
                        : "default_transaction_read_only = on, set for: " + source.replace("user", "role"),
                "the primary, where rows can be written",
                cure,
                NO_TOKEN,
                "docs/dba.md, A standby and failover");
    }

    /** The statements that the words have, as lines to paste, and the one that lists what else is missing. */
    private static String remedy(String words, Psql psql) {
        List<String> lines = new ArrayList<>();
        REMEDY.matcher(words).results().forEach(found -> lines.add(psql.run(found.group(1))));
        if (lines.isEmpty() || words.contains("sql/verify.sql")) {
            lines.add((lines.isEmpty() ? "what stands behind the colon. " : "") + "All that is missing:\n"
                    + "    java -jar alexa.war sql verify | " + psql);
        }
        return String.join("\n", lines);
    }

    private static Finding differs(String words, Psql psql) {
        return no(
                Severity.WARNING,
                "database-schema-differs",
                "schema alexa is not in all as its migrations made it",
                words,
                "what the migrations made",
                remedy(words, psql),
                "tokens are issued all the same; something that keeps them fast or safe is missing",
                DOCUMENT);
    }

    private static Finding overdue(String words, Psql psql) {
        return no(
                Severity.WARNING,
                "database-maintenance-overdue",
                "upkeep of the database is not done",
                words,
                "upkeep every hour, and partitions for the coming days",
                psql.run(MAINTAIN),
                "when the last partition is full, no token can be issued",
                UPKEEP);
    }

    /** Why a check could not read the database; empty if the check itself is wrong. */
    static Optional<Finding> whyUnread(SQLException failed) {
        String state = String.valueOf(failed.getSQLState());
        boolean away = Stream.of("08", "28", "3D", "53", "57P").anyMatch(state::startsWith);
        return isSlow(failed) || away ? Optional.of(because(failed)) : Optional.empty();
    }

    /** Whether the database is there, and only took too long. */
    private static boolean isSlow(SQLException failed) {
        String state = String.valueOf(failed.getSQLState());
        return failed instanceof SQLTimeoutException
                || TOOK_TOO_LONG.contains(state)
                || (state.equals(BROKEN_LATER) && root(failed) instanceof SocketTimeoutException)
                || (failed instanceof SQLTransientConnectionException
                        && BUSY.matcher(String.valueOf(failed.getMessage())).find());
    }

    private static Finding slow(SQLException failed) {
        return no(
                Severity.ERROR,
                SLOW,
                "the database is there, and takes too long to answer",
                shown(failed).replaceFirst(";.*", ""),
                "an answer within two seconds",
                "see which session the others wait for; pg_terminate_backend ends it:\n"
                        + Psql.to("alexa")
                                .run(
                                        Psql.select(
                                                "pid, usename, state, now() - xact_start AS open_for, pg_blocking_pids(pid) AS waits_for, left(query, 50) AS query FROM pg_stat_activity WHERE xact_start IS NOT NULL ORDER BY xact_start"))
                        + "\nIf none waits for another, look at load and disk of the database's machine:\n"
                        + "    uptime; df -h",
                "a request that has to wait so long is answered with status 503. Amazon asks again, and a listener has to",
                DOCUMENT);
    }

    private static Throwable root(Throwable failed) {
        Throwable root = failed;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root;
    }

    /** Why the database cannot be asked. */
    public static Finding because(SQLException failed) {
        if (isSlow(failed)) {
            return slow(failed);
        }
        String words = Database.explained(failed);
        Psql psql = new Psql(first(NAMED, words).orElse("alexa"));
        String role = first(ROLE, words).orElse(APP);
        Psql admin = Psql.to("postgres");
        return switch (String.valueOf(failed.getSQLState())) {
            case "28P01" ->
                refused(
                        "database-password-wrong",
                        failed,
                        "PostgreSQL refuses the password of the role in alexa.db.user, or there is no such role",
                        "the password that the role has",
                        (role.equals(APP)
                                        ? ""
                                        : "alexa.db.user names another role than " + APP
                                                + ", which setup makes. If it is a mistake, correct it, and restart Tomcat."
                                                + " Otherwise see whether the role is there:\n"
                                                + admin.run("\\du " + identifier(role)) + "\n")
                                + "if the settings have another one than the role has had, give them the right one. To give"
                                + " the role the one that the settings have, type it here:\n"
                                + admin.run("\\password " + identifier(role)));
            case "28000" ->
                LOGIN_OFF.test(words)
                        ? refused(
                                "database-login-refused",
                                failed,
                                "PostgreSQL lets the role in alexa.db.user not log in at all",
                                "a role that may log in",
                                admin.run("ALTER ROLE " + identifier(role) + " LOGIN"))
                        : refused(
                                "database-login-refused",
                                failed,
                                "PostgreSQL does not let the role in alexa.db.user in from where Tomcat runs",
                                "a line in pg_hba.conf that lets it in",
                                "write this into pg_hba.conf as the first line; samehost is the server's own machine, from another"
                                        + " it is the address of Tomcat's:\n    host " + psql.identifier()
                                        + " " + identifier(role)
                                        + " samehost scram-sha-256\nwhere the file is, and then to have it read:\n"
                                        + admin.run("SHOW hba_file", Psql.select("pg_reload_conf()")));
            case "3D000" ->
                refused(
                        "database-unknown",
                        failed,
                        "PostgreSQL has no database of the name in alexa.db.url",
                        "a database of that name",
                        "correct alexa.db.url, or let setup make it:\n    sudo java -jar alexa.war setup");
            case "42501" ->
                refused(
                        "database-rights-missing",
                        failed,
                        "the role in alexa.db.user may not connect to the database in alexa.db.url",
                        "the right to connect",
                        psql.run("GRANT CONNECT ON DATABASE " + psql.identifier() + " TO " + identifier(role)));
            case "53300" ->
                limited(words, psql, role, failed)
                        .orElseGet(() -> refused(
                                "database-full",
                                failed,
                                "PostgreSQL has no connection left",
                                "a connection for each one of alexa.db.pool of each Tomcat",
                                "see who has them all; then end those, or raise max_connections:\n" + whoHasThem()));
            default -> away(failed);
        };
    }

    private static Optional<String> first(Pattern pattern, String words) {
        return pattern.matcher(words).results().map(found -> found.group(1)).findFirst();
    }

    private static String identifier(String name) {
        return new Psql(name).identifier();
    }

    private static String whoHasThem() {
        return Psql.to("postgres")
                .run(
                        Psql.select(
                                "usename, application_name, state, count(*) FROM pg_stat_activity GROUP BY 1, 2, 3 ORDER BY 4 DESC"));
    }

    /** If the role or the database has a limit of its own, which PostgreSQL names by the name. */
    private static Optional<Finding> limited(String words, Psql psql, String role, SQLException failed) {
        boolean ofRole = first(ROLE, words).isPresent() || words.contains(APP);
        boolean ofDatabase = NAMED.matcher(words).find();
        if (!ofRole && !ofDatabase) {
            return Optional.empty();
        }
        String which = ofRole ? "ROLE " + identifier(role) : "DATABASE " + psql.identifier();
        return Optional.of(refused(
                "database-full",
                failed,
                ofRole
                        ? "the role in alexa.db.user has a limit of connections of its own, and no one is left"
                        : "the database in alexa.db.url has a limit of connections of its own, and no one is left",
                "a connection for each one of alexa.db.pool of each Tomcat",
                "take the limit away, or raise it:\n"
                        + Psql.to("postgres").run("ALTER " + which + " CONNECTION LIMIT -1")
                        + "\nwho has the connections:\n" + whoHasThem()));
    }

    private static Finding away(SQLException failed) {
        Throwable root = root(failed);
        String found = root instanceof ConnectException
                ? "the connection is refused: nobody listens there"
                : root instanceof UnknownHostException
                        ? "no machine has the name in alexa.db.url"
                        : root instanceof SocketTimeoutException ? "no answer in time" : shown(failed);
        return no(
                Severity.FATAL,
                "database-unreachable",
                "the database does not answer at the address in alexa.db.url",
                found,
                "a PostgreSQL that answers there",
                root instanceof UnknownHostException
                        ? "correct the name in alexa.db.url, and restart Tomcat. Where Tomcat finds the settings:"
                                + "\n    sudo grep -rn alexa.db.url /opt/tomcat/conf /etc/tomcat*"
                                + "\nIf the name is right, this machine's DNS does not know it"
                        : "see whether it runs; on Debian and Ubuntu:\n    systemctl status postgresql",
                NO_TOKEN,
                DOCUMENT);
    }

    private static Finding refused(String id, SQLException failed, String says, String wanted, String cure) {
        return no(Severity.FATAL, id, says, shown(failed), wanted, cure, NO_TOKEN, DOCUMENT);
    }

    private static String shown(SQLException failed) {
        return ADDRESS.matcher(Database.explained(failed)).replaceAll("…");
    }

    private static Finding ok(String id, String says) {
        return Finding.ok(id, Vantage.INSIDE, says);
    }

    private static Finding no(
            Severity severity,
            String id,
            String says,
            String found,
            String wanted,
            String cure,
            String why,
            String source) {
        return new Finding(id, severity, Vantage.INSIDE, says, found, wanted, cure, why, source);
    }
}
