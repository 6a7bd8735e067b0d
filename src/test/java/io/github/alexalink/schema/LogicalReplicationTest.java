package io.github.alexalink.schema;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.LeftOut;
import io.github.alexalink.fixture.alexa.Soon;
import io.github.alexalink.fixture.cases.Listener;
import io.github.alexalink.fixture.servers.OtherMajor;
import io.github.alexalink.fixture.servers.Postgres;
import io.github.alexalink.fixture.servers.Schema;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.store.Database;
import io.github.alexalink.store.SchemaRepository;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("thorough")
@DisplayName(
        "A household moves to a new major by logical replication, as docs/dba.md says and as blue/green upgrades do")
class LogicalReplicationTest {

    @Test
    void links_refreshes_and_events_of_meanwhile_are_on_the_new_server() throws Exception {
        unlessPgDump();
        List<OtherMajor> majors = OtherMajor.here();
        OtherMajor from =
                majors.stream().filter(m -> m.major() == 15).findFirst().orElseThrow();
        OtherMajor to = majors.get(majors.size() - 1);
        Path oldData = from.data("old");
        Path newData = to.data("new");
        Postgres old = logical(from, oldData);
        Postgres fresh = null;
        try {
            Listener anna = Listener.register(old);
            Listener.Tokens before = anna.link();

            run(old, "CREATE PUBLICATION alexa FOR ALL TABLES WITH (publish_via_partition_root = true)");

            fresh = to.startEmpty(newData);
            try (Connection connection = fresh.superuser()) {
                Schema.run(connection, TestDatabase.SQL.resolve("roles.sql"));
            }
            shell("pg_dump --schema-only --no-publications -d '" + old.libpqUri("alexa")
                    + "' | psql -Xq -v ON_ERROR_STOP=1 -d '" + fresh.libpqUri("alexa") + "'");
            run(
                    fresh,
                    "CREATE SUBSCRIPTION alexa CONNECTION 'host=127.0.0.1 port=" + old.port() + " dbname=alexa user="
                            + old.superuserName() + " password=" + old.superuserPassword() + "' PUBLICATION alexa");

            // partitions do not travel
            run(fresh, "SELECT * FROM alexa.maintain()");

            // meanwhile: another link, refreshes, and rows for a partition that was made on the old server alone
            Listener berta = Listener.register(old);
            Listener.Tokens meanwhile = berta.link();
            assertThat(anna.refresh(before.refresh())).isPresent();
            Listener.ask(old, "SELECT alexa.create_partition('audit_event', 'month', now() - interval '3 months')");
            run(old, "INSERT INTO alexa.audit_event (occurred_at, event) VALUES (now(), 'access_denied')");
            Postgres both = fresh;
            assertThat(Soon.within(
                            60,
                            () -> Listener.ask(
                                    both, "SELECT count(*) FROM pg_subscription_rel WHERE srsubstate <> 'r'"),
                            "0"::equals))
                    .isEqualTo("0");
            String wanted = count(old);
            assertThat(Soon.within(60, () -> count(both), wanted::equals)).isEqualTo(wanted);

            run(fresh, "SELECT setval('alexa.audit_event_id_seq', 1000000000)");
            run(fresh, "DROP SUBSCRIPTION alexa");
            run(fresh, "ALTER ROLE alexa_app PASSWORD '" + TestDatabase.APP_PASSWORD + "'");
            SchemaRepository schema = new SchemaRepository(new Database(OtherMajor.app(fresh)));
            schema.maintain();
            OtherMajor.verify(fresh);
            assertThat(schema.whyNotReady()).isEmpty();
            assertThat(schema.shortcoming()).isEmpty();
            assertThat(anna.at(fresh).refresh(before.refresh())).isPresent();
            assertThat(berta.at(fresh).refresh(meanwhile.refresh())).isPresent();
            assertThat(Listener.ask(fresh, "SELECT max(event_id) > 0 FROM alexa.audit_event"))
                    .isEqualTo("t");
        } finally {
            OtherMajor.stop(old, oldData);
            if (fresh != null) {
                OtherMajor.stop(fresh, newData);
            }
        }
    }

    private static Postgres logical(OtherMajor major, Path data) throws Exception {
        Postgres server = major.start(data);
        run(server, "ALTER SYSTEM SET wal_level = logical");
        server.close();
        return major.start(data);
    }

    private static String count(Postgres server) throws SQLException {
        return Listener.ask(
                server,
                "SELECT concat_ws(' ', (SELECT count(*) FROM alexa.link), (SELECT count(*) FROM alexa.refresh_token),"
                        + " (SELECT count(*) FROM alexa.access_token), (SELECT count(*) FROM alexa.audit_event),"
                        + " (SELECT count(*) FROM alexa.inventory), (SELECT count(*) FROM alexa.retention))");
    }

    private static void run(Postgres server, String sql) throws Exception {
        try (Connection connection = server.superuser();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static void shell(String line) throws Exception {
        Process process = new ProcessBuilder("sh", "-c", "set -e; " + line)
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        assertThat(said).doesNotContain("ERROR");
    }

    private static void unlessPgDump() throws InterruptedException {
        try {
            new ProcessBuilder("pg_dump", "--version").start().waitFor();
        } catch (IOException none) {
            LeftOut.because("no pg_dump here: apt-get install postgresql-client copies the schema as a DBA does");
        }
    }
}
