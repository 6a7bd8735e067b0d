package io.github.alexalink.bearer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.alexalink.fixture.LeftOut;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("clientSecretFile: the secret in a file of its own")
class SecretFileTest {

    private static final String SECRET = "als_s3cret-_0";

    @TempDir
    private Path base;

    @ParameterizedTest
    @ValueSource(strings = {"", "\n", "\r\n"})
    void the_line_break_behind_the_secret_does_not_belong_to_it(String end) throws IOException {
        write("secret", SECRET + end);
        assertThat(SecretFile.read(base, "secret")).as("below CATALINA_BASE").isEqualTo(SECRET);
        assertThat(SecretFile.read(Path.of("/"), base.resolve("secret").toString()))
                .isEqualTo(SECRET);
    }

    @Test
    void a_symbolic_link_to_the_file_will_do() throws IOException {
        write("secret", SECRET);
        Files.createSymbolicLink(base.resolve("link"), Path.of("secret"));
        assertThat(SecretFile.read(base, "link")).isEqualTo(SECRET);
    }

    @Test
    void a_file_that_cannot_be_read_is_refused() throws IOException {
        assertRefused("none", "there is no such file");
        assertRefused(".", "it is not a file");
        assertRefused("${CREDENTIALS_DIRECTORY}/secret", "nothing replaced the ${…} in it");
        assertRefused("a\0b", "it cannot be read");
    }

    @Test
    void a_file_of_another_user_is_refused() throws IOException {
        Path file = write("secret", SECRET);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("---------"));
        if (Files.isReadable(file)) {
            LeftOut.evenInCi("root reads every file: run as another user to see one refused");
        }
        assertRefused("secret", "Tomcat's user may not read it");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                SECRET + "\n\n",
                "\n" + SECRET,
                SECRET + "\n" + SECRET,
                SECRET + "\r",
                SECRET + " ",
                "secret: " + SECRET,
                "\uFEFF" + SECRET,
                SECRET + "\u00e4",
                SECRET + "\0"
            })
    void a_secret_that_is_not_one_line_of_ascii_is_refused_and_not_repeated(String content) throws IOException {
        write("secret", content);
        assertRefused("secret", "it has more in it than one line of printable ASCII");
    }

    @Test
    void an_empty_file_and_one_that_is_too_large_are_refused() throws IOException {
        write("empty", "");
        assertRefused("empty", "it is empty");
        write("line", "\n");
        assertRefused("line", "it is empty");
        write("large", "a".repeat(1025));
        assertRefused("large", "it is larger than 1024 bytes");
        write("largest", "a".repeat(1024));
        assertThat(SecretFile.read(base, "largest")).hasSize(1024);
    }

    private void assertRefused(String name, String why) {
        assertThatThrownBy(() -> SecretFile.read(base, name))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("clientSecretFile is [" + name + "], and " + why)
                .hasMessageContaining("alexa.register_resource_server")
                .hasMessageNotContaining("s3cret");
    }

    private Path write(String name, String content) throws IOException {
        return Files.write(base.resolve(name), content.getBytes(StandardCharsets.UTF_8));
    }
}
