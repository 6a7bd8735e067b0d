package io.github.alexalink.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.alexalink.fixture.LeftOut;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("The database's password stands in a file")
class PasswordFileTest {

    private static final String MUST =
            ". It must be the absolute path of a file with nothing but the password in one line,"
                    + " at most 4 KiB of UTF-8, and readable by the user that Tomcat runs as, ["
                    + System.getProperty("user.name")
                    + "]";

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"s3cret", "s3cret\n", "s3cret\r\n", "\uFEFFs3cret\r\n"})
    void a_line_end_after_the_password_and_a_byte_order_mark_before_it_are_not_part_of_it(String content)
            throws Exception {
        DatabaseSettings settings = read(file(content));
        assertThat(settings.currentPassword()).isEqualTo("s3cret");
        assertThat(settings)
                .asString()
                .contains("alexa.db.password.file [" + folder)
                .doesNotContain("s3cret");
    }

    @Test
    void blanks_quotes_and_umlauts_are_part_of_the_password() throws Exception {
        assertThat(read(file(" \"pässwörd\" \n")).currentPassword()).isEqualTo(" \"pässwörd\" ");
    }

    @Test
    void a_password_that_is_written_later_counts_for_the_next_connection() throws Exception {
        Path file = file("old");
        DatabaseSettings settings = read(file);
        Files.writeString(file, "new\n");
        assertThat(settings.currentPassword()).isEqualTo("new");
        Files.delete(file);
        assertThatThrownBy(settings::currentPassword).hasMessage(is(file, "there is no such file"));
    }

    @Test
    void a_file_with_something_else_in_it_is_refused_in_one_line_that_does_not_repeat_it() throws Exception {
        refused(file(""), "it is empty");
        refused(file("\n"), "it is empty");
        refused(file("s3cret\nmore\n"), "it has more than one line");
        refused(file("s3cret\n\n"), "it has more than one line");
        refused(file("\uFEFF\n"), "it is empty");
        refused(
                file("s3cr\ufffdt\n"),
                "letters of it are lost: an editor wrote U+FFFD for them. Type the password again");
        refused(file("s3cret".repeat(1000)), "it is larger than 4 KiB");
        Path latin = folder.resolve("latin1");
        Files.write(latin, "s3cret-\u00e4".getBytes(StandardCharsets.ISO_8859_1));
        refused(latin, "it is not UTF-8. If it is Latin-1: iconv -f LATIN1 -t UTF-8");
        for (Charset utf16 : List.of(StandardCharsets.UTF_16, StandardCharsets.UTF_16LE, StandardCharsets.UTF_16BE)) {
            for (String content : List.of("s3cret\r\n", "\uFEFFs3crät\r\n")) {
                Path file = folder.resolve("utf16");
                Files.write(file, content.getBytes(utf16));
                refused(file, "it is UTF-16, as PowerShell writes it, and not UTF-8: iconv -f UTF-16 -t UTF-8");
            }
        }
        assertThat(read(file("x".repeat(4095) + "\n")).currentPassword()).hasSize(4095);
    }

    @Test
    void a_path_that_is_no_file_is_refused() throws Exception {
        refused(folder.resolve("nothing"), "there is no such file");
        refused(folder, "it is a folder");
        refused(Files.createSymbolicLink(folder.resolve("link"), Path.of("nowhere")), "there is no such file");
        if (Files.exists(Path.of("/dev/null"))) {
            refused(Path.of("/dev/null"), "it is no regular file");
        }
    }

    @Test
    void a_file_that_tomcats_user_may_not_read_is_refused() throws Exception {
        Path file = file("s3cret");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("-w-------"));
        if (Files.isReadable(file)) {
            LeftOut.evenInCi("root reads every file: run as another user to see one refused");
        }
        refused(file, "[" + System.getProperty("user.name") + "] may not read it");
    }

    @ParameterizedTest
    @ValueSource(strings = {"s3cret", "./s3cret", "$CREDENTIALS_DIRECTORY/s3cret", "s3cret\0"})
    void a_value_that_is_no_absolute_path_is_not_repeated_because_it_may_be_the_password(String value) {
        assertThatThrownBy(() -> read(Map.of("alexa.db.password.file", value)))
                .hasMessage("alexa.db.password.file is […]: it must be the absolute path of a file with nothing but the"
                        + " password in one line, at most 4 KiB of UTF-8");
    }

    @Test
    void a_password_and_a_password_file_together_are_refused() throws Exception {
        assertThatThrownBy(() -> read(Map.of(
                        "alexa.db.password",
                        "s3cret",
                        "alexa.db.password.file",
                        file("s3cret").toString())))
                .hasMessage("alexa.db.password and alexa.db.password.file are both set: leave one of them out");
    }

    @Test
    void systemds_credential_counts_if_nothing_else_is_set() throws Exception {
        assertThat(read(Map.of("CREDENTIALS_DIRECTORY", folder.toString())).currentPassword())
                .as("there is none of this name")
                .isEmpty();
        Files.writeString(folder.resolve("alexa.db.password"), "of systemd\n");
        Map<String, String> values = new HashMap<>(Map.of("CREDENTIALS_DIRECTORY", folder.toString()));
        assertThat(read(values).currentPassword()).isEqualTo("of systemd");
        values.put("alexa.db.password.file", file("of a file").toString());
        assertThat(read(values).currentPassword()).isEqualTo("of a file");
        values.remove("alexa.db.password.file");
        values.put("alexa.db.password", "of a property");
        assertThat(read(values).currentPassword()).isEqualTo("of a property");
    }

    @ParameterizedTest
    @CsvSource({"r--------,0", "rw-r-----,0", "r--r--r--,1", "rw----r--,1"})
    void a_file_that_everybody_may_read_is_a_warning_with_the_cure(String permissions, int warnings) throws Exception {
        Path file = file("s3cret");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
        List<String> said = new ArrayList<>();
        Logger logger = Logger.getLogger(PasswordFile.class.getName());
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord line) {
                said.add(line.getMessage());
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        logger.addHandler(handler);
        try {
            assertThat(read(file).currentPassword()).isEqualTo("s3cret");
        } finally {
            logger.removeHandler(handler);
        }
        assertThat(said).hasSize(warnings).allSatisfy(line -> assertThat(line)
                .startsWith("alexa.db.password.file [" + file + "] can be read by every user of this machine: chmod o= "
                        + file)
                .doesNotContain("s3cret"));
    }

    private void refused(Path file, String why) {
        assertThatThrownBy(() -> read(file))
                .isInstanceOf(Settings.BadSetting.class)
                .hasMessage(is(file, why));
    }

    private static String is(Path file, String why) {
        return "alexa.db.password.file is [" + file + "]: " + why + MUST;
    }

    private Path file(String content) throws IOException {
        return Files.writeString(Files.createTempFile(folder, "password", null), content);
    }

    private static DatabaseSettings read(Path file) throws Settings.BadSetting {
        return read(Map.of("alexa.db.password.file", file.toString()));
    }

    private static DatabaseSettings read(Map<String, String> values) throws Settings.BadSetting {
        Map<String, String> all = new HashMap<>(values);
        all.put("alexa.db.url", "jdbc:postgresql://db/alexa");
        return DatabaseSettings.read(all::get);
    }
}
