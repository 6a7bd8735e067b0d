package io.github.alexalink.tool;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.LeftOut;
import io.github.alexalink.fixture.servers.FreshDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.json.JSONArray;
import org.json.JSONObject;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("console: Amazon's form as it should be, and in what it differs")
class ConsoleIT {

    private static final Path BASE = TestServers.folder("console");
    private static final Path SECRET = BASE.resolve("conf/alexa.client-secret");
    private static final String MODEL = "ask-smapi-model@1.24.0";
    private static final String COMPILER = "typescript@5.9.3";
    private static final String ISSUER = "https://music.example.org/alexa";

    private static String database;
    private static String secret;
    private static String form;

    @TempDir
    private Path folder;

    private record Printed(int status, String out, String err) {

        List<JSONObject> records() {
            assertThat(err).isEmpty();
            return StreamSupport.stream(
                            new JSONObject(out).getJSONArray("records").spliterator(), false)
                    .map(JSONObject.class::cast)
                    .toList();
        }

        /** Each with its severity, but those that are well. */
        List<String> found() {
            return records().stream()
                    .filter(record -> !record.getString("severity").equals("ok"))
                    .map(record -> record.getString("severity") + " " + record.getString("id"))
                    .toList();
        }
    }

    @BeforeAll
    static void prepare() throws Exception {
        database = FreshDatabase.migrated();
        secret = FreshDatabase.ask(
                database,
                "SELECT client_secret FROM alexa.register_client(client_id => 'alexa', display_name => 'Amazon Alexa',"
                        + " redirect_uris => ARRAY['https://pitangui.amazon.com/api/skill/link/M2EXAMPLE',"
                        + "'https://layla.amazon.com/api/skill/link/M2EXAMPLE','https://alexa.amazon.co.jp/api/skill/link/M2EXAMPLE'])");
        TestServers.prepareBase(
                BASE,
                TestServers.freePort(),
                Map.of(
                        "alexa.issuer",
                        ISSUER,
                        "alexa.db.url",
                        FreshDatabase.as("alexa_app", database).getURL().replaceFirst("\\?.*", "")));
        Files.deleteIfExists(BASE.resolve("lib/catalina.jar"));
        Files.createSymbolicLink(
                BASE.resolve("lib/catalina.jar"), TestServers.tomcatHome().resolve("lib/catalina.jar"));
        Files.deleteIfExists(BASE.resolve("webapps/alexa.war"));
        Files.createSymbolicLink(
                BASE.resolve("webapps/alexa.war"), Path.of("target/alexa.war").toAbsolutePath());
        Files.writeString(SECRET, secret + "\n");
        form = console("--json").out();
    }

    private static Printed console(String... options) {
        List<String> arguments = new ArrayList<>(List.of("console", "--tomcat", BASE.toString()));
        arguments.addAll(List.of(options));
        Answer said = Answer.to(arguments.toArray(String[]::new));
        return new Printed(said.status(), said.out(), said.err());
    }

    private static JSONObject form() {
        return new JSONObject(form).getJSONObject("accountLinkingRequest");
    }

    /** What Amazon would answer if that were entered there: never the secret. */
    private static JSONObject answer() {
        JSONObject answer = form();
        answer.remove("clientSecret");
        return answer;
    }

    private Printed compare(String content) throws Exception {
        Path file = Files.writeString(folder.resolve("form.json"), content);
        return console("--json", "--compare", file.toString());
    }

    @Test
    void the_fields_are_those_of_the_document_in_its_order() throws Exception {
        List<String> documented = Pattern.compile("(?m)^\\| ([^|]+) \\| [^|]+ \\|$")
                .matcher(Files.readString(Path.of("docs/alexa-console.md")))
                .results()
                .map(row -> row.group(1))
                .filter(label -> !label.equals("Field"))
                .toList();
        assertThat(documented).hasSizeGreaterThan(10);
        Printed printed = console();
        assertThat(printed.err()).isEmpty();
        assertThat(printed.status()).isZero();
        assertThat(printed.out().lines().filter(documented::contains)).containsExactlyElementsOf(documented);
        assertThat(printed.out().lines()).allMatch(line -> line.length() <= 80);
    }

    @Test
    void values_stand_alone_on_their_lines() {
        assertThat(console().out().lines())
                .contains(
                        "    " + ISSUER + "/authorize",
                        "    " + ISSUER + "/token",
                        "    alexa",
                        "    " + secret,
                        "    music.read",
                        "    music.control",
                        "    S256",
                        "    https://layla.amazon.com/api/skill/link/M2EXAMPLE");
    }

    @Test
    void the_json_is_the_body_for_smapi() {
        Printed printed = console("--json");
        assertThat(printed.err()).isEmpty();
        assertThat(new JSONObject(printed.out()).toMap())
                .isEqualTo(Map.of(
                        "accountLinkingRequest",
                        Map.of(
                                "type",
                                "AUTH_CODE",
                                "authorizationUrl",
                                ISSUER + "/authorize",
                                "accessTokenUrl",
                                ISSUER + "/token",
                                "clientId",
                                "alexa",
                                "clientSecret",
                                secret,
                                "accessTokenScheme",
                                "HTTP_BASIC",
                                "scopes",
                                List.of("music.read", "music.control"),
                                "domains",
                                List.of(),
                                "defaultTokenExpirationInSeconds",
                                3600,
                                "skipOnEnablement",
                                false)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"no file", "", "als_another-secret-that-is-not-this-clients", "two\nlines"})
    void a_secret_that_is_not_known_or_not_valid_is_left_out(String content) throws Exception {
        try {
            Files.delete(SECRET);
            if (!content.equals("no file")) {
                Files.writeString(SECRET, content);
            }
            Printed printed = console("--json");
            assertThat(printed.status()).isZero();
            assertThat(new JSONObject(printed.out())
                            .getJSONObject("accountLinkingRequest")
                            .keySet())
                    .hasSize(9)
                    .doesNotContain("clientSecret");
            assertThat(printed.err()).contains("java -jar alexa.war client secret alexa");
            assertThat(console().out())
                    .contains("java -jar alexa.war client secret alexa")
                    .doesNotContain("als_");
        } finally {
            Files.writeString(SECRET, secret + "\n");
        }
    }

    @Test
    void a_secret_that_ends_because_there_is_a_newer_one_is_left_out() throws Exception {
        FreshDatabase.run(database, "SELECT alexa.rotate_client_secret('alexa', interval '1 hour')", true);
        try {
            assertThat(console("--json").out()).doesNotContain("clientSecret", secret);
        } finally {
            FreshDatabase.run(
                    database, "DELETE FROM alexa.client_secret WHERE client_id = 'alexa' AND expires_at IS NULL", true);
            FreshDatabase.run(
                    database, "UPDATE alexa.client_secret SET expires_at = NULL WHERE client_id = 'alexa'", true);
        }
        assertThat(console("--json").out()).contains(secret);
    }

    /** What {@code ask smapi} is written against, by the compiler that it is written for. */
    @Test
    @Tag("thorough") // both are downloaded
    void the_json_is_what_the_model_of_ask_smapi_takes_with_and_without_a_secret() throws Exception {
        Path npm = Files.createDirectories(Path.of("target/npm").toAbsolutePath());
        try {
            for (int i = 0; i < 3 && !installed(npm); i++) { // the network may fail once
                run(
                        npm,
                        "npm",
                        "install",
                        "--ignore-scripts",
                        "--no-audit",
                        "--no-fund",
                        "--prefix",
                        ".",
                        MODEL,
                        COMPILER);
            }
        } catch (IOException none) {
            LeftOut.because("no npm here: apt-get install npm holds the form against the model of ask smapi");
        }
        if (!installed(npm)) {
            LeftOut.because("npm cannot get " + MODEL + " and " + COMPILER);
        }
        JSONObject withoutSecret = new JSONObject(form);
        withoutSecret.getJSONObject("accountLinkingRequest").remove("clientSecret");
        assertThat(compiled(npm, form)).isEmpty();
        assertThat(compiled(npm, withoutSecret.toString())).isEmpty();
        assertThat(compiled(npm, form.replace("AUTH_CODE", "AUTHCODE"))).contains("AUTHCODE");
        assertThat(compiled(npm, form.replace("clientId", "client_id"))).contains("client_id");
        assertThat(compiled(npm, form.replace("3600", "\"3600\""))).contains("number");
    }

    private static boolean installed(Path npm) {
        return Files.exists(npm.resolve("node_modules/typescript/bin/tsc"))
                && Files.exists(npm.resolve("node_modules/ask-smapi-model/index.d.ts"));
    }

    /** The errors of a program that has this text as a request; an excess member is one as well. */
    private static String compiled(Path npm, String json) throws Exception {
        Files.writeString(
                npm.resolve("form.ts"),
                "import { v1 } from 'ask-smapi-model';\n"
                        + "export const form: v1.skill.accountLinking.AccountLinkingRequest = " + json + ";\n");
        return run(
                npm,
                "node",
                "node_modules/typescript/bin/tsc",
                "--noEmit",
                "--strict",
                "--skipLibCheck",
                "--moduleResolution",
                "node",
                "form.ts");
    }

    private static String run(Path folder, String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return process.waitFor() == 0 ? "" : printed;
    }

    /** The files of a Tomcat are not for everybody; whoever runs the tests as root sees it as somebody else. */
    @Test
    @Tag("thorough") // two JVMs of their own
    void somebody_who_may_not_read_tomcats_files_reads_one_line_with_sudo(@TempDir Path forAll) throws Exception {
        if (!System.getProperty("user.name").equals("root")) {
            LeftOut.evenInCi("only root can run a command as somebody else: run the tests as root");
        }
        Path war = Files.copy(Path.of("target/alexa.war"), forAll.resolve("alexa.war"));
        Path base = Files.createDirectories(forAll.resolve("tomcat"));
        run(
                base,
                "cp",
                "-rL",
                BASE.resolve("conf").toString(),
                BASE.resolve("lib").toString(),
                base.toString());
        Files.createDirectory(base.resolve("webapps"));
        Files.createSymbolicLink(base.resolve("webapps/alexa.war"), war);
        run(base, "chmod", "-R", "a+rX", forAll.toString());
        run(base, "chmod", "600", "conf/catalina.properties");
        for (String command : List.of("console", "check")) {
            String refused = run(
                    base,
                    "runuser",
                    "-u",
                    "nobody",
                    "--",
                    Path.of(System.getProperty("java.home"), "bin/java").toString(),
                    "-jar",
                    war.toString(),
                    command,
                    "--tomcat",
                    base.toString());
            assertThat(refused)
                    .startsWith("nobody ")
                    .contains("sudo java -jar alexa.war")
                    .doesNotContain("\tat ");
            assertThat(refused.lines()).hasSize(2);
        }
    }

    @Test
    void a_secret_that_has_expired_is_not_printed() throws Exception {
        FreshDatabase.run(database, "UPDATE alexa.client_secret SET expires_at = now() - interval '1 second'", true);
        try {
            assertThat(console().out()).doesNotContain(secret);
        } finally {
            FreshDatabase.run(database, "UPDATE alexa.client_secret SET expires_at = NULL", true);
        }
    }

    @Test
    void of_several_clients_for_alexa_one_has_to_be_named() throws Exception {
        FreshDatabase.run(
                database,
                "SELECT alexa.register_client('second', 'Alexa', ARRAY['https://layla.amazon.com/api/skill/link/M3EXAMPLE'])",
                true);
        Printed several = console();
        assertThat(several.status()).isEqualTo(1);
        assertThat(several.err()).contains("2 clients for Alexa: alexa, second").contains("--client alexa");
        assertThat(console("--client", "second").out()).contains("    second\n").doesNotContain("als_");
        assertThat(console("--client", "third").err()).contains("client third is not registered");
        // what is compared names its client itself
        assertThat(compare(answer("second").toString()).found()).containsExactly("error redirect-uri-missing");
        FreshDatabase.run(database, "DELETE FROM alexa.client WHERE client_id = 'second'", true);
    }

    private static JSONObject answer(String client) {
        JSONObject answer =
                new JSONObject(console("--json", "--client", client).out()).getJSONObject("accountLinkingRequest");
        answer.remove("clientSecret");
        return answer;
    }

    @Test
    void a_disabled_client_is_said_to_be_one() throws Exception {
        String answer = answer().toString();
        FreshDatabase.run(database, "SELECT alexa.disable_client('alexa')", true);
        assertThat(console().err()).contains("java -jar alexa.war client enable alexa");
        assertThat(compare(answer).found()).containsExactly("error client-disabled");
        FreshDatabase.run(database, "SELECT alexa.enable_client('alexa')", true);
    }

    @Test
    void without_a_client_for_alexa_the_refusal_has_the_line_that_makes_one() throws Exception {
        FreshDatabase.run(
                database,
                "UPDATE alexa.client_redirect_uri SET redirect_uri = replace(redirect_uri, 'skill', 'other')",
                true);
        try {
            Printed none = console();
            assertThat(none.status()).isEqualTo(1);
            assertThat(none.err()).contains("java -jar alexa.war client add alexa --alexa-vendor M2EXAMPLE");
            Printed compared = compare("{\"clientId\": \"alexa\"}");
            assertThat(compared.found()).containsExactly("error client-unknown");
            assertThat(compared.status()).isEqualTo(1);
        } finally {
            FreshDatabase.run(
                    database,
                    "UPDATE alexa.client_redirect_uri SET redirect_uri = replace(redirect_uri, 'other', 'skill')",
                    true);
        }
    }

    @Test
    void a_form_without_a_difference_is_said_to_be_one() throws Exception {
        JSONObject answer = answer();
        for (JSONObject form : List.of(
                answer,
                new JSONObject().put("accountLinkingResponse", answer),
                new JSONObject().put("accountLinkingRequest", form()),
                answer().put("somethingNewOfAmazons", new JSONArray().put(1)))) {
            Printed printed = compare(form.toString());
            assertThat(printed.found()).as(printed.out()).isEmpty();
            assertThat(printed.status()).isZero();
            assertThat(printed.records()).hasSize(1);
        }
        Path file = Files.writeString(folder.resolve("same.json"), answer.toString());
        assertThat(console("--compare", file.toString()).out())
                .isEqualTo("ok        what is entered at Amazon is what is wanted here\n");
    }

    /** What the form has, what is registered, and the one record that follows. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            authorizationUrl  | "https://music.example.org/authorize"          | error console-differs
            accessTokenUrl    | "https://music.example.org/alexa/token "       | error console-differs
            clientId          | "Alexa"                                        | error client-unknown
            clientId          | "alexa "                                       | error client-unknown
            type              | "IMPLICIT"                                     | error console-differs
            accessTokenScheme | "NONE"                                         | error console-differs
            scopes            | ["music.read", "music.delete"]                 | error scopes-differ
            scopes            | ["music.read"]                                 | warning scopes-differ
            clientSecret      | "als_another-secret"                           | error secret-wrong
            redirectUrls      | ["https://layla.amazon.com/api/skill/link/M9"] | error redirect-uri-missing
            """)
    void a_member_that_differs_is_one_record_of_the_vantage_console(String member, String value, String found)
            throws Exception {
        JSONObject answer = answer();
        answer.put(member, new JSONObject("{\"x\": " + value + "}").get("x"));
        Printed printed = compare(answer.toString());
        assertThat(printed.found()).as(printed.out()).containsExactly(found);
        assertThat(printed.status()).isEqualTo(found.startsWith("warning") ? 0 : 1);
        assertThat(printed.out()).contains("\"vantage\":\"console\"").doesNotContain(secret, "als_");
        Path file = Files.writeString(folder.resolve("differs.json"), answer.toString());
        assertThat(console("--compare", file.toString()).out().lines())
                .allMatch(line -> line.length() <= 80 || line.matches("  source  \\S+| +(?:java -jar |https://).*"));
    }

    /** The secret as it is, with the blank that was pasted with it: only a file for the way back has one. */
    @Test
    void a_secret_with_a_blank_behind_it_is_named_and_not_shown() throws Exception {
        JSONObject pasted = form().put("clientSecret", secret + " ");
        Printed printed = compare(pasted.toString());
        assertThat(printed.found()).containsExactly("error secret-wrong");
        assertThat(printed.out()).contains("with white space around it").doesNotContain(secret);
    }

    @Test
    void a_client_that_demands_pkce_is_told_because_the_answer_does_not_say_whether_it_is_on() throws Exception {
        String answer = answer().toString();
        FreshDatabase.run(database, "SELECT alexa.change_client('alexa', pkce_required => true)", true);
        try {
            Printed printed = compare(answer);
            assertThat(printed.found()).containsExactly("info pkce-differs");
            assertThat(printed.status()).isZero();
        } finally {
            FreshDatabase.run(database, "SELECT alexa.change_client('alexa', pkce_required => false)", true);
        }
    }

    @Test
    void a_database_that_does_not_let_the_role_in_is_one_record_and_the_form_is_skipped() throws Exception {
        String answer = answer().toString();
        FreshDatabase.run(database, "ALTER DATABASE " + database + " CONNECTION LIMIT 0", true);
        try {
            Printed printed = compare(answer);
            assertThat(printed.found()).containsExactly("fatal database-full", "skipped console-differs");
            assertThat(printed.err()).isEmpty();
            assertThat(printed.out()).contains("not checked, because of database-full");
        } finally {
            FreshDatabase.run(database, "ALTER DATABASE " + database + " CONNECTION LIMIT -1", true);
        }
    }

    @Test
    void every_difference_of_one_form_is_named() throws Exception {
        Printed printed = compare(
                "{\"clientId\": \"x\", \"authorizationUrl\": \"http://x\", \"accessTokenScheme\": \"HTTP_BASIC\"}");
        assertThat(printed.found())
                .containsExactly(
                        "error console-differs",
                        "error console-differs",
                        "error console-differs",
                        "error client-unknown");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ''                              | is empty
            <!DOCTYPE html><title>x</title> | HTML or XML
            [CliError]: no such profile     | not JSON
            []                              | is JSON, and no object
            [1, {"clientId": "alexa"}]      | is JSON, and no object
            {"message": "Not found"}        | no account linking in it
            {"clientId":                    | not JSON
            """)
    void a_file_that_is_no_answer_of_amazons_is_refused_in_two_lines(String content, String why) throws Exception {
        Printed printed = compare(content);
        assertThat(printed.status()).isEqualTo(1);
        assertThat(printed.out()).isEmpty();
        assertThat(printed.err()).contains(why).contains("ask smapi get-account-linking-info");
        assertThat(printed.err().lines()).hasSize(2);
    }

    @Test
    void a_file_of_ten_megabytes_one_nested_without_end_and_none_at_all_are_refused() throws Exception {
        assertThat(compare("{\"clientId\": \"" + "x".repeat(10_000_000) + "\"}").err())
                .contains("larger than 256 KiB");
        assertThat(compare("{\"clientId\": " + "[".repeat(100_000)).err()).contains("not JSON");
        assertThat(console("--compare", folder.resolve("none.json").toString()).err())
                .contains("there is no file");
        assertThat(console("--compare", folder.toString()).err()).contains(folder.toString());
    }

    @Test
    void an_answer_that_powershell_wrote_is_read_and_one_from_standard_input() throws Exception {
        Path file = folder.resolve("powershell.json");
        Files.write(file, ("\uFEFF" + answer()).getBytes(StandardCharsets.UTF_16LE));
        assertThat(console("--json", "--compare", file.toString()).found()).isEmpty();
        InputStream before = System.in;
        System.setIn(new ByteArrayInputStream(answer().toString().getBytes(StandardCharsets.UTF_8)));
        try {
            assertThat(console("--json", "--compare", "-").found()).isEmpty();
        } finally {
            System.setIn(before);
        }
    }
}
