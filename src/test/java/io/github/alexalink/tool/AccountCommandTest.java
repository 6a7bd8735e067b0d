package io.github.alexalink.tool;

import static io.github.alexalink.fixture.servers.FreshDatabase.ask;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.servers.FreshDatabase;
import io.github.alexalink.fixture.servers.TestDatabase;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.text.Normalizer;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import org.apache.catalina.realm.SecretKeyCredentialHandler;
import org.json.JSONArray;
import org.json.JSONObject;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("java -jar alexa.war account")
class AccountCommandTest {

    private static final String PASSWORD_HASH = "0".repeat(32) + "$1000$" + "0".repeat(64);

    private static String database;

    @TempDir
    private Path folder;

    @BeforeAll
    static void anEmptyOne() throws Exception {
        database = FreshDatabase.migrated();
    }

    /** The password of the shell's lines in the documents, which HashingAPasswordIT hashes by them. */
    @Test
    void add_stores_a_hash_that_tomcats_credential_handler_accepts_for_the_password_as_a_sign_in_sends_it()
            throws Exception {
        String password = " grün \"$x `y` \\ß€ 🎵 ";
        String inTwoPieces = Normalizer.normalize(password, Normalizer.Form.NFD).replaceFirst(" ", "\u00a0");
        assertThat(add("grün", inTwoPieces + "\n")).isEqualTo(new Answer(0, "account grün was added\n", ""));
        SecretKeyCredentialHandler realm = new SecretKeyCredentialHandler();
        realm.setAlgorithm("PBKDF2WithHmacSHA512");
        String stored = hashOf("grün");
        assertThat(realm.matches(password, stored)).isTrue();
        assertThat(realm.matches(inTwoPieces, stored)).isFalse();
        assertThat(stored).matches("[0-9a-f]{32}\\$210000\\$[0-9a-f]{64}");
    }

    @Test
    void password_changes_it_and_answers_with_the_name_as_it_is_stored() throws Exception {
        there("berta");
        String before = hashOf("berta");
        Answer answer = Answer.in(database, "account", "password", "\u200bBERTA ", "--password-file", file("two"));
        assertThat(answer).isEqualTo(new Answer(0, "account berta has another password\n", ""));
        assertThat(hashOf("berta")).isNotEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ＷＩＤＥ", "two words", "-"})
    void a_name_in_other_letters_is_added_and_disabled_and_enabled(String name) throws Exception {
        assertThat(add(name, "one").out()).isEqualTo("account " + name + " was added\n");
        assertThat(Answer.in(database, "account", "disable", name).out())
                .isEqualTo("account " + name + " is disabled\n");
        assertThat(ask(database, "SELECT count(*) FROM alexa.account WHERE disabled_at IS NOT NULL"))
                .isEqualTo("1");
        assertThat(Answer.in(database, "account", "enable", name).out()).isEqualTo("account " + name + " is enabled\n");
        assertThat(ask(database, "SELECT count(*) FROM alexa.account WHERE disabled_at IS NOT NULL"))
                .isEqualTo("0");
    }

    @Test
    void role_gives_a_role_and_takes_it_away_and_leaves_an_event_for_each() throws Exception {
        there("dora");
        assertThat(Answer.in(database, "account", "role", "DORA", "alexa-operator"))
                .isEqualTo(new Answer(0, "account dora has the roles alexa-operator, listener\n", ""));
        assertThat(Answer.in(database, "account", "role", "dora", "alexa-operator")
                        .out())
                .isEqualTo("account dora has the roles alexa-operator, listener\n");
        assertThat(Answer.in(database, "account", "list").out())
                .containsPattern("(?m)^dora .*\n  roles  alexa-operator\n         listener$");
        assertThat(Answer.in(database, "account", "role", "dora", "alexa-operator", "--remove"))
                .isEqualTo(new Answer(0, "account dora has the role listener\n", ""));
        assertThat(Answer.in(database, "account", "role", "dora", "listener", "--remove")
                        .out())
                .isEqualTo("account dora has no role\n");
        assertThat(ask(
                        database,
                        "SELECT string_agg(event || ' ' || substring(reason FROM '[^,]*'), '; ' ORDER BY event_id)"
                                + " FROM alexa.audit_event WHERE subject = 'dora' AND event LIKE 'role%'"))
                .isEqualTo("role_given alexa-operator; role_taken alexa-operator; role_taken listener");
    }

    @Test
    void a_role_that_is_not_there_to_take_is_refused_with_those_that_are() throws Exception {
        there("emil");
        assertThat(Answer.in(database, "account", "role", "emil", "alexa-operator", "--remove"))
                .isEqualTo(new Answer(
                        1, "", "account \"emil\" does not have the role \"alexa-operator\"\n  it has listener\n"));
        assertThat(Answer.in(database, "account", "role", "emil", "two words"))
                .isEqualTo(new Answer(1, "", "a role has 1 to 64 letters of A-Z a-z 0-9 . _ - and no blank\n"));
    }

    @Test
    void list_has_a_line_for_each_account_and_json_every_moment() throws Exception {
        there("zoe");
        there("Zürich");
        there("ＺＺＺ");
        Answer text = Answer.in(database, "account", "list");
        assertThat(text.err()).isEmpty();
        assertThat(text.out())
                .containsPattern("^username +enabled  created at  password changed at  links\n")
                .containsPattern("(?m)^zoe +yes      " + LocalDate.now(ZoneId.systemDefault()) + "  "
                        + LocalDate.now(ZoneId.systemDefault()) + "           0$");
        assertThat(text.out().lines())
                .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(80));
        JSONArray json =
                new JSONArray(Answer.in(database, "account", "list", "--json").out());
        JSONObject umlaut = json.toList().stream()
                .map(row -> new JSONObject((java.util.Map<?, ?>) row))
                .filter(row -> row.getString("username").equals("Zürich"))
                .findFirst()
                .orElseThrow();
        assertThat(umlaut.getBoolean("enabled")).isTrue();
        assertThat(umlaut.getInt("links")).isZero();
        assertThat(Instant.parse(umlaut.getString("created_at")))
                .isBefore(Instant.now().plusSeconds(60));
        assertThat(umlaut.keySet())
                .containsExactlyInAnyOrder(
                        "username", "enabled", "created_at", "password_changed_at", "links", "roles");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    account add CAROL       | account "carol" exists already | java -jar alexa.war account password changes its password
                    account password nobody | there is no account "nobody"   | java -jar alexa.war account list lists them
                    account disable nobody  | there is no account "nobody"   | java -jar alexa.war account list lists them
                    account role nobody alexa-operator | there is no account "nobody" | java -jar alexa.war account list lists them
                    account enable nobody   | there is no account "nobody"   | java -jar alexa.war account list lists them
                    """)
    void a_refusal_says_what_is_there_and_the_command_to_type(String command, String why, String cure)
            throws Exception {
        if (ask(database, "SELECT 1 FROM alexa.account WHERE username = 'carol'") == null) {
            there("carol");
        }
        String line = command + (command.matches(".*(add|password) .*") ? " --password-file " + file("x") : "");
        Answer answer = Answer.in(database, line.split(" ", -1));
        assertThat(answer.status()).isEqualTo(1);
        assertThat(answer.out()).isEmpty();
        assertThat(answer.err())
                .startsWith(why + "\n  " + cure)
                .doesNotContain("ERROR", "Where:", "PL/pgSQL", "SELECT")
                .hasLineCount(2 + (cure.contains("account password") || command.contains("nobody") ? 1 : 0));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\u200b ", "a\nb"})
    void a_name_that_is_none_is_refused_with_what_one_must_be(String name) throws Exception {
        assertThat(add(name, "one")).isEqualTo(new Answer(1, "", """
                        a user name has 1 to 255 characters, without control characters and without
                          blanks before or behind
                        """));
    }

    @Test
    void a_password_file_that_will_not_do_is_refused_without_its_content() throws Exception {
        refused(file(""), "it is empty");
        refused(file("\n"), "it is empty");
        refused(file("s3cret\nmore\n"), "it has more than one line");
        refused(file("s3cret".repeat(900)), "it is larger than 4 KiB");
        refused(
                file("s3cr\ufffdt"),
                "letters of it are lost: an editor wrote U+FFFD for them. Type the password again");
        refused(folder.toString(), "it is a folder");
        refused(folder.resolve("none").toString(), "there is no such file");
        Path powershell = folder.resolve("utf16");
        Files.write(powershell, "\ufeffs3cret\r\n".getBytes(StandardCharsets.UTF_16LE));
        refused(
                powershell.toString(),
                "it is UTF-16, as PowerShell writes it, and not UTF-8: iconv -f UTF-16 -t UTF-8");
        Answer tooLong = add("somebody", "s3cret".repeat(200));
        assertThat(tooLong.status()).isEqualTo(1);
        assertThat(tooLong.err()).contains("it is longer than 1000 characters").doesNotContain("s3cret");
        assertThat(ask(database, "SELECT count(*) FROM alexa.account WHERE username = 'somebody'"))
                .isEqualTo("0");
    }

    private void refused(String file, String why) {
        assertThat(Answer.in(database, "account", "add", "somebody", "--password-file", file))
                .isEqualTo(new Answer(
                        1,
                        "",
                        "--password-file [" + file + "]: " + why + "\n"
                                + "  it must be nothing but the password in one line, at most 4 KiB of UTF-8\n"));
    }

    @Test
    void a_password_file_that_everybody_may_read_is_a_warning() throws Exception {
        String file = file("one");
        Files.setPosixFilePermissions(Path.of(file), PosixFilePermissions.fromString("rw-r--r--"));
        Answer answer = Answer.in(database, "account", "add", TestDatabase.unique("warned"), "--password-file", file);
        assertThat(answer.status()).isZero();
        assertThat(answer.err())
                .isEqualTo("warning: every user of this machine can read " + file + ": chmod o= " + file + "\n");
    }

    @Test
    void without_a_terminal_the_options_are_named() {
        assertThat(Answer.in(database, "account", "add", "somebody").err()).isEqualTo("""
                        there is no terminal to type the password of somebody at
                          --password-file F, or --password-file - and the password in standard input
                        """);
    }

    /** An account that was added before; hashing a password takes a while. */
    private static void there(String name) throws Exception {
        FreshDatabase.run(database, "SELECT alexa.add_account('" + name + "', '" + PASSWORD_HASH + "')", true);
    }

    private Answer add(String name, String password) throws IOException {
        return Answer.in(database, "account", "add", "--password-file", file(password), "--", name);
    }

    private String file(String content) throws IOException {
        return Files.writeString(Files.createTempFile(folder, "password", null), content)
                .toString();
    }

    private static String hashOf(String name) throws Exception {
        return ask(database, "SELECT password_hash FROM alexa.account WHERE username = '" + name + "'");
    }
}
