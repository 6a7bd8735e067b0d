package io.github.alexalink.diagnosis;

import io.github.alexalink.store.ClientRepository;
import io.github.alexalink.store.Database;
import io.github.alexalink.store.SchemaRepository;
import io.github.alexalink.store.SchemaRepository.Objection;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** What can be checked in the database, as the role of the WAR. It finds the words in {@link SchemaRepository}, as /health does. */
public final class DatabaseChecks {

    /** From here on the clocks do not only differ by the time that asking takes. */
    private static final Duration OFF = Duration.ofSeconds(60);

    private static final String DOCUMENT = "docs/operator.md, The database";
    private static final String UPKEEP = "docs/dba.md, maintain()";
    private static final String NO_TOKEN =
            "no token can be issued or refreshed; every request is answered with status 503";

    /** What may lead to a machine in a message of PostgreSQL or of its driver: a report is made to be shown to others. */
    private static final Pattern ADDRESS =
            Pattern.compile("host \"[^\"]*\"|\\b\\d{1,3}(?:\\.\\d{1,3}){3}\\b|[0-9a-fA-F]*:[0-9a-fA-F]*:[0-9a-fA-F:]+");

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
            Finding away = away(failed);
            findings.add(away);
            findings.addAll(skipped(away.id()));
        }
        return findings;
    }

    private void look(List<Finding> findings) throws SQLException {
        Optional<Objection> objection = schema.objection();
        Finding first = objection
                .map(DatabaseChecks::because)
                .orElseGet(() -> ok("database-unreachable", "the database answers, and tokens can be issued"));
        findings.add(first);
        if (first.severity() == Severity.FATAL) {
            findings.addAll(skipped(first.id()));
            return;
        }
        if (objection.isEmpty()) {
            findings.add(schema.shortcoming()
                    .map(DatabaseChecks::differs)
                    .orElseGet(() -> ok("database-schema-differs", "schema alexa is as this WAR needs it")));
            findings.add(schema.maintenanceWarning()
                    .map(DatabaseChecks::overdue)
                    .orElseGet(() -> ok("database-maintenance-overdue", "upkeep of the database is done")));
        }
        findings.add(clock("this machine", Instant.now(), "the database", schema.clock()));
        findings.addAll(ClientChecks.of(clients.registrations()));
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

    private static Finding because(Objection objection) {
        return switch (objection.cause()) {
            case SCHEMA_MISSING ->
                stopped(
                        "database-schema-missing",
                        objection,
                        "schema alexa of this version",
                        "    java -jar alexa.war sql install | psql -X -d alexa");
            case SCHEMA_OLD ->
                stopped(
                        "database-schema-old",
                        objection,
                        "schema version " + SchemaRepository.BUILT_FOR,
                        "    java -jar alexa.war sql upgrade --from "
                                + objection.says().replaceFirst(".* version (\\d+) .*", "$1")
                                + " | psql -X -d alexa");
            case SCHEMA_NEW ->
                stopped(
                        "database-schema-new",
                        objection,
                        "a WAR that knows this version",
                        objection.cure() + ":\n    java -jar alexa.war setup");
            case RIGHTS_MISSING ->
                stopped(
                        "database-rights-missing",
                        objection,
                        "the rights that sql/roles.sql and the migrations give",
                        objection.cure()
                                + ":\n    java -jar alexa.war sql verify | psql -X -v ON_ERROR_STOP=1 -d alexa");
            case SEARCH_PATH ->
                stopped(
                        "database-search-path",
                        objection,
                        "the path that sql/roles.sql sets",
                        "as a superuser, in the folder of the zip:\n    psql -X -d alexa -f sql/roles.sql");
            case SCHEMA_DIFFERS ->
                no(
                        Severity.ERROR,
                        "database-schema-differs",
                        "schema alexa is not as its migrations made it",
                        objection.words(),
                        "what the migrations made",
                        "what stands behind each colon. All that is missing:\n"
                                + "    java -jar alexa.war sql verify | psql -X -v ON_ERROR_STOP=1 -d alexa",
                        NO_TOKEN,
                        DOCUMENT);
            case READ_ONLY ->
                no(
                        Severity.ERROR,
                        "database-read-only",
                        objection.says(),
                        "a standby, or default_transaction_read_only = on",
                        "the primary, where rows can be written",
                        objection.cure()
                                + ". If it does:\n    psql -X -d alexa -c 'SHOW default_transaction_read_only'",
                        NO_TOKEN,
                        "docs/dba.md, A standby and failover");
            case PARTITION_MISSING ->
                no(
                        Severity.ERROR,
                        "database-partition-missing",
                        objection.says(),
                        "no partition for today",
                        "partitions for today and the coming days",
                        "    psql -X -d alexa -c 'SELECT * FROM alexa.maintain()'",
                        NO_TOKEN,
                        UPKEEP);
        };
    }

    private static Finding stopped(String id, Objection objection, String wanted, String cure) {
        return no(Severity.FATAL, id, objection.says(), objection.words(), wanted, cure, NO_TOKEN, DOCUMENT);
    }

    private static Finding differs(String words) {
        return no(
                Severity.WARNING,
                "database-schema-differs",
                "schema alexa is not in all as its migrations made it",
                words,
                "what the migrations made",
                "what stands behind each colon. All that is missing:\n"
                        + "    java -jar alexa.war sql verify | psql -X -v ON_ERROR_STOP=1 -d alexa",
                "tokens are issued all the same; something that keeps them fast or safe is missing",
                DOCUMENT);
    }

    private static Finding overdue(String words) {
        return no(
                Severity.WARNING,
                "database-maintenance-overdue",
                "upkeep of the database is not done",
                words,
                "upkeep every hour, and partitions for the coming days",
                "    psql -X -d alexa -c 'SELECT * FROM alexa.maintain()'",
                "when the last partition is full, no token can be issued",
                UPKEEP);
    }

    private static Finding away(SQLException failed) {
        Throwable root = failed;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        String state = String.valueOf(failed.getSQLState());
        if (state.startsWith("28")) {
            return refused(failed, "PostgreSQL lets the role of this WAR not in");
        } else if (state.equals("3D000")) {
            return refused(failed, "there is no database of the name in alexa.db.url");
        } else if (state.equals("42501")) {
            return refused(failed, "the role of this WAR has too few rights");
        } else if (state.equals("53300")) {
            return refused(failed, "PostgreSQL has no connection left");
        }
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
                "see whether it runs; on Debian and Ubuntu:\n    systemctl status postgresql",
                NO_TOKEN,
                DOCUMENT);
    }

    private static Finding refused(SQLException failed, String says) {
        return no(
                Severity.FATAL,
                "database-refused",
                says,
                shown(failed),
                "a login with alexa.db.user and its password, into the database of alexa.db.url",
                "makes role, password and settings agree:\n    sudo java -jar alexa.war setup",
                NO_TOKEN,
                DOCUMENT);
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
