package io.github.alexalink.tool;

import static io.github.alexalink.fixture.servers.FreshDatabase.ask;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.LeftOut;
import io.github.alexalink.fixture.servers.FreshDatabase;
import io.github.alexalink.fixture.servers.TestDatabase;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.json.JSONArray;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Starts the packed WAR from a shell, as an operator does. */
@Tag("thorough")
@DisplayName("java -jar alexa.war at a terminal, in a pipe and in other locales")
class TerminalIT {

    private static final String TOOL = "'" + Path.of(System.getProperty("java.home"), "bin", "java") + "' -jar '"
            + Path.of("target/alexa.war").toAbsolutePath() + "' ";

    private static String database;

    @BeforeAll
    static void anEmptyOne() throws Exception {
        database = FreshDatabase.migrated();
    }

    /** Most containers have the locale C, in which Java reads no letter beyond ASCII. */
    @Test
    void in_the_locale_c_a_name_and_a_password_with_other_letters_are_read_and_printed_all_the_same() throws Exception {
        assertThat(shell("C", "printf 'grün' | " + TOOL + "account add 'Jürgen عمر' --password-file -"))
                .isEqualTo("account Jürgen عمر was added\n");
        assertThat(ask(database, "SELECT username FROM alexa.account WHERE username LIKE 'J%'"))
                .isEqualTo("Jürgen عمر");
        String json = shell("C", TOOL + "account list --json");
        assertThat(new JSONArray(json).toList()).asString().contains("username=Jürgen عمر");
    }

    @Test
    void a_reader_that_has_enough_ends_it_quietly_and_a_full_disk_does_not() throws Exception {
        assertThat(shell("C.UTF-8", TOOL + "sql install | head -n 1; echo ${PIPESTATUS[0]}"))
                .isEqualTo(
                        "-- install.sql: all of Alexa Link in one transaction: everything is there afterwards, or nothing\n0\n");
        if (!Files.exists(Path.of("/dev/full"))) {
            LeftOut.evenInCi("no /dev/full here, which is Linux's: a full disk was not tried");
        }
        assertThat(shell("C.UTF-8", TOOL + "sql install > /dev/full; echo $?"))
                .isEqualTo("not all of it was written: No space left on device\n1\n");
    }

    @ParameterizedTest
    @CsvSource({"C, ''", "C.UTF-8, ''", "en_US.ISO-8859-1, -Dfile.encoding=ISO-8859-1"})
    void a_list_has_no_broken_letter_and_json_is_utf_8(String locale, String option) throws Exception {
        FreshDatabase.run(
                database,
                "SELECT alexa.add_account('Zoë ' || gen_random_uuid(), (SELECT '0123456789abcdef$1000$' || repeat('0', 64)))",
                true);
        String java = option.isEmpty() ? "" : "JAVA_TOOL_OPTIONS='" + option + "' ";
        assertThat(shell(locale, java + TOOL + "account list --json")).contains("\"Zoë ");
        assertThat(shell(locale, java + TOOL + "account list")).doesNotContain("Exception");
    }

    @Test
    void a_password_is_typed_twice_and_not_shown() throws Exception {
        unless("script", "util-linux");
        String typed = "(sleep 4; printf 'secret one\\n'; sleep 1; printf 'secret one\\n'; sleep 3) | ";
        String add = "script -qec \"" + TOOL + "account add typist\" /dev/null";
        assertThat(shell("C.UTF-8", typed + add))
                .contains("Password of typist: ", "The same again: ", "account typist was added")
                .doesNotContain("Exception");
        assertThat(shell("C.UTF-8", typed.replaceFirst("secret one", "secret two") + add.replace("add", "password")))
                .contains("nothing was changed: the two passwords differ");
    }

    /** The WAR lies where the other user can read it. */
    @Test
    void a_user_without_a_home_and_without_rights_can_use_it() throws Exception {
        if (!"root".equals(System.getProperty("user.name"))) {
            LeftOut.evenInCi("only root becomes another user: run as root to use the tool as nobody");
        }
        Path war = Files.copy(
                Path.of("target/alexa.war"), Files.createTempDirectory("alexa").resolve("alexa.war"));
        shell("C", "chmod 755 '" + war.getParent() + "'; chmod 644 '" + war + "'");
        String asNobody = "cd /; runuser -u nobody -- env PGPASSWORD=\"$PGPASSWORD\" "
                + TOOL.replace(Path.of("target/alexa.war").toAbsolutePath().toString(), war.toString());
        assertThat(shell("C", asNobody + "client list --db postgresql://\"$PGUSER\"@127.0.0.1:\"$PGPORT\"/" + database))
                .startsWith("client id");
    }

    private static void unless(String program, String in) throws InterruptedException {
        try {
            new ProcessBuilder(program, "--version").start().waitFor();
        } catch (IOException none) {
            LeftOut.because("no " + program + " here: apt-get install " + in + " types a password at a terminal");
        }
    }

    private static String shell(String locale, String line) throws Exception {
        ProcessBuilder shell = new ProcessBuilder(List.of("bash", "--norc", "-c", line)).redirectErrorStream(true);
        shell.environment().put("LC_ALL", locale);
        shell.environment().put("PGHOST", "127.0.0.1");
        shell.environment().put("PGPORT", Integer.toString(TestDatabase.shared().port()));
        shell.environment().put("PGUSER", TestDatabase.shared().superuserName());
        shell.environment().put("PGPASSWORD", TestDatabase.shared().superuserPassword());
        shell.environment().put("PGDATABASE", database);
        Process bash = shell.start();
        bash.getOutputStream().close();
        Charset charset = StandardCharsets.UTF_8;
        String printed = new String(bash.getInputStream().readAllBytes(), charset);
        assertThat(bash.waitFor(1, TimeUnit.MINUTES)).isTrue();
        return printed.replaceAll(
                "(?m)^.*(?:setlocale|[Ll]ocale|LC_ALL|LANG|Picked up).*\n|^    are supported.*\n", "");
    }
}
