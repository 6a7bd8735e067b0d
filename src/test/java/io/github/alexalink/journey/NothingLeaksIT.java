package io.github.alexalink.journey;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.Thorough;
import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.cases.OnTomcat;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.json.JSONObject;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;

@Tag("both")
@DisplayName("Nothing secret is kept in clear, in the database or in a log")
class NothingLeaksIT extends OnTomcat {

    private static final String PASSWORD = "Tr0ub4dor&3 correct horse";
    private static final int FLOWS = Thorough.RUNS ? 20 : 8;

    @Test
    void no_code_token_secret_or_password_of_the_wire_is_in_a_dump_or_in_tomcats_logs() throws Exception {
        String anna = TestDatabase.unique("anna");
        TestDatabase.addAccount(anna, PASSWORD);
        for (int i = 0; i < FLOWS; i++) {
            Alexa alexa = i % 2 == 0
                    ? Alexa.skill(TestServers.issuer())
                    : Alexa.skill(TestServers.issuer()).withBodyCredentials().withPkce();
            HttpResponse<String> page = alexa.authorize();
            alexa.press(page, "allow", anna, "wrong-" + PASSWORD + i);
            alexa.press(page, "allow", PASSWORD, PASSWORD); // typed into the wrong field
            String code = alexa.code(anna, PASSWORD);
            JSONObject tokens = new JSONObject(alexa.exchange(code).body());
            alexa.exchange(code);
            alexa.refresh(tokens.getString("refresh_token"));
            // id and secret in each other's field, which people do by mistake
            alexa.authorize(new HashMap<>(Map.of("client_id", alexa.secret(), "redirect_uri", alexa.redirectUri())));
            alexa.post("/token", "grant_type=refresh_token&refresh_token=x&client_id=" + alexa.secret(), Map.of());
            alexa.withSecret("als_wrong-secret-" + i).refresh(tokens.getString("refresh_token"));
        }
        Set<String> secrets = Alexa.SECRETS.all();
        secrets.remove("");
        secrets.removeIf(secret -> secret.length() < 12); // "x" and "nope" of other tests are words, not secrets
        secrets.add(Alexa.STATE.substring(0, 60));
        assertThat(secrets).hasSizeGreaterThan(FLOWS * 5);

        TimeUnit.SECONDS.sleep(1); // a thread of its own writes the log
        List<String> found = new ArrayList<>();
        search("the dump", dump(), secrets, found);
        for (Path log : logs()) {
            search(log.getFileName().toString(), Files.readAllBytes(log), secrets, found);
        }
        assertThat(found).isEmpty();
    }

    @Test
    void the_search_finds_a_secret_that_is_there() {
        List<String> found = new ArrayList<>();
        String secret = "alr_" + "k".repeat(64);
        for (byte[] form : forms(secret)) {
            search(
                    "here",
                    ("before" + new String(form, StandardCharsets.ISO_8859_1) + "after")
                            .getBytes(StandardCharsets.ISO_8859_1),
                    Set.of(secret),
                    found);
        }
        assertThat(found).hasSize(forms(secret).size());
    }

    /** A dump of the data: by {@code pg_dump} if a new enough one is installed, else by the COPY that it uses. */
    private static byte[] dump() throws IOException, InterruptedException, SQLException {
        Process pgDump;
        try {
            pgDump = new ProcessBuilder(
                            "pg_dump",
                            TestDatabase.shared().libpqUri(TestDatabase.shared().database()))
                    .redirectErrorStream(true)
                    .start();
        } catch (IOException none) {
            System.out.println("no pg_dump here: the tables are copied instead");
            return copies();
        }
        byte[] output;
        try (InputStream stream = pgDump.getInputStream()) {
            output = stream.readAllBytes();
        }
        if (pgDump.waitFor() != 0) {
            System.out.println("pg_dump is older than the server: the tables are copied instead");
            return copies();
        }
        System.out.println("pg_dump wrote " + output.length + " bytes");
        return output;
    }

    private static byte[] copies() throws SQLException, IOException {
        ByteArrayOutputStream dump = new ByteArrayOutputStream();
        try (Connection connection = TestDatabase.shared().superuser();
                Statement statement = connection.createStatement();
                ResultSet table = statement.executeQuery("SELECT c.oid::regclass::text FROM pg_class c"
                        + " WHERE c.relnamespace = 'alexa'::regnamespace AND c.relkind IN ('r', 'p')"
                        + " AND NOT c.relispartition")) {
            CopyManager copy = connection.unwrap(PGConnection.class).getCopyAPI();
            while (table.next()) {
                copy.copyOut("COPY (SELECT * FROM " + table.getString(1) + ") TO STDOUT", dump);
            }
        }
        assertThat(dump.toString(StandardCharsets.UTF_8)).contains("code_redeemed");
        return dump.toByteArray();
    }

    private static List<Path> logs() throws IOException {
        try (Stream<Path> files = Files.list(TestServers.tomcatBase().resolve("logs"))) {
            List<Path> logs = files.filter(Files::isRegularFile).toList();
            assertThat(logs)
                    .anySatisfy(log -> assertThat(log.getFileName().toString()).startsWith("catalina."));
            assertThat(logs)
                    .anySatisfy(log -> assertThat(log.getFileName().toString()).startsWith("access."));
            assertThat(logs).anySatisfy(log -> assertThat(Files.readString(log)).contains("code ["));
            return logs;
        }
    }

    /** Searches for all secrets in one pass: at each byte, for those that begin with the next eight. */
    private static void search(String where, byte[] haystack, Set<String> secrets, List<String> found) {
        Map<Long, Map<String, String>> needles = new HashMap<>();
        for (String secret : secrets) {
            for (byte[] form : forms(secret)) {
                needles.computeIfAbsent(ByteBuffer.wrap(form).getLong(), beginning -> new HashMap<>())
                        .put(new String(form, StandardCharsets.ISO_8859_1), secret);
            }
        }
        String text = new String(haystack, StandardCharsets.ISO_8859_1);
        long beginning = 0;
        for (int end = 1; end <= haystack.length; end++) {
            beginning = beginning << 8 | (haystack[end - 1] & 0xff);
            int start = end - Long.BYTES;
            if (start >= 0) {
                needles.getOrDefault(beginning, Map.of()).forEach((form, secret) -> {
                    if (text.startsWith(form, start)) {
                        found.add(secret.substring(0, 6) + "… in " + where);
                    }
                });
            }
        }
    }

    /** Plain, hex, and base64 at each of the three offsets it can start at. */
    private static List<byte[]> forms(String secret) {
        byte[] plain = secret.getBytes(StandardCharsets.UTF_8);
        List<byte[]> forms = new ArrayList<>();
        forms.add(plain);
        forms.add(HexFormat.of().formatHex(plain).getBytes(StandardCharsets.US_ASCII));
        for (int offset = 0; offset < 3; offset++) {
            byte[] shifted = new byte[plain.length + offset];
            System.arraycopy(plain, 0, shifted, offset, plain.length);
            String base64 = Base64.getEncoder().withoutPadding().encodeToString(shifted);
            // only the characters that depend on nothing but the secret
            int start = offset == 0 ? 0 : offset + 1;
            int end = shifted.length / 3 * 4;
            forms.add(base64.substring(start, end).getBytes(StandardCharsets.US_ASCII));
        }
        return forms;
    }
}
