package io.github.alexalink.schema;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.LeftOut;
import io.github.alexalink.fixture.cases.Listener;
import io.github.alexalink.fixture.servers.OtherMajor;
import io.github.alexalink.fixture.servers.Postgres;
import io.github.alexalink.fixture.servers.Schema;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.protocol.TokenKind;
import io.github.alexalink.store.Database;
import io.github.alexalink.store.SchemaRepository;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("thorough")
@DisplayName("A DBA restores a dump into a fresh cluster, as docs/dba.md says")
class RestoringADumpTest {

    private static final Pattern MAJOR = Pattern.compile("\\(PostgreSQL\\) (\\d+)");

    @Test
    void a_dump_verifies_and_refreshes_go_on_with_only_the_roles_there_before() throws Exception {
        OtherMajor major = newestThatCanBeDumped();
        Path dump = Path.of("target/alexa.dump").toAbsolutePath();
        Path sourceData = major.data("dumped");
        Postgres source = major.start(sourceData);
        Listener anna;
        Token code;
        Token refreshToken;
        String counts;
        try {
            anna = Listener.register(source);
            code = anna.allow();
            refreshToken = Token.issue(TokenKind.REFRESH_TOKEN, code.linkId());
            assertThat(anna.redeem(code, refreshToken)).isPresent();
            assertThat(anna.refresh(refreshToken)).isPresent();
            counts = counts(source);
            run("pg_dump", source, "-Fc", "-f", dump.toString());
        } finally {
            OtherMajor.stop(source, sourceData);
        }

        Path targetData = major.data("restored");
        Postgres target = major.startEmpty(targetData);
        try {
            try (Connection connection = target.superuser()) {
                Schema.run(connection, TestDatabase.SQL.resolve("roles.sql"));
            }
            run("pg_restore", target, "--exit-on-error", dump.toString());
            try (Connection connection = target.superuser();
                    Statement statement = connection.createStatement()) {
                statement.execute("ALTER ROLE alexa_app PASSWORD '" + TestDatabase.APP_PASSWORD + "'");
            }

            assertThat(counts(target)).isEqualTo(counts);
            OtherMajor.verify(target);
            Listener annaThere = anna.at(target);
            assertThat(annaThere.refresh(refreshToken)).isPresent();
            assertThat(annaThere.redeem(code, Token.issue(TokenKind.REFRESH_TOKEN, code.linkId())))
                    .as("a code that was redeemed before the dump")
                    .isEmpty();
            Token next = annaThere.allow();
            assertThat(annaThere.redeem(next, Token.issue(TokenKind.REFRESH_TOKEN, next.linkId())))
                    .isPresent();
            SchemaRepository schema = new SchemaRepository(new Database(OtherMajor.app(target)));
            assertThat(schema.whyNotReady()).isEmpty();
            assertThat(schema.maintain()).isEmpty();
        } finally {
            OtherMajor.stop(target, targetData);
        }
    }

    private static String counts(Postgres server) throws Exception {
        return Listener.ask(
                server,
                "SELECT concat_ws(' ', (SELECT count(*) FROM alexa.link), (SELECT count(*) FROM alexa.refresh_token),"
                        + " (SELECT count(*) FROM alexa.access_token), (SELECT count(*) FROM alexa.audit_event),"
                        + " (SELECT count(*) FROM pg_class WHERE relnamespace = 'alexa'::regnamespace),"
                        + " (SELECT count(*) FROM pg_proc WHERE pronamespace = 'alexa'::regnamespace))");
    }

    /** The newest server that pg_dump can read: it refuses servers of a later major than its own. */
    private static OtherMajor newestThatCanBeDumped() throws IOException, InterruptedException {
        String version;
        try {
            version = output(List.of("pg_dump", "--version"));
        } catch (IOException none) {
            return skip("no pg_dump here: apt-get install postgresql-client restores a dump");
        }
        Matcher matcher = MAJOR.matcher(version);
        assertThat(matcher.find()).as(version).isTrue();
        int newest = Integer.parseInt(matcher.group(1));
        return OtherMajor.here().stream()
                .filter(major -> major.major() <= newest)
                .max(Comparator.comparing(OtherMajor::major))
                .orElseGet(() -> skip("no server in target/postgres-binaries that " + version.strip() + " can read"));
    }

    private static OtherMajor skip(String reason) {
        LeftOut.because(reason);
        throw new IllegalStateException(reason);
    }

    private static void run(String program, Postgres server, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(program, "-w", "-d", server.libpqUri("alexa")));
        command.addAll(List.of(arguments));
        output(command);
    }

    private static String output(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(command + " " + output).isZero();
        return output;
    }
}
