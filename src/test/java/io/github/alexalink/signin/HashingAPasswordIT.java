package io.github.alexalink.signin;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.LeftOut;
import io.github.alexalink.fixture.servers.TestServers;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.text.Normalizer;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs the lines of the document in bash, with Tomcat's own digest.sh. */
@Tag("thorough")
@DisplayName("A DBA hashes a password by the lines in docs/dba.md")
class HashingAPasswordIT {

    @ParameterizedTest
    @ValueSource(strings = {"C", "de_DE.ISO-8859-1"})
    void the_hash_is_that_of_the_password_as_the_war_compares_it_in_every_locale(String locale) throws Exception {
        String password = " grün \"$x `y` \\ß€ 🎵 ";
        String inTwoPieces = Normalizer.normalize(password, Normalizer.Form.NFD).replaceFirst(" ", "\u00a0");
        String typed = locale.equals("C") ? password : inTwoPieces;
        assertThat(hashed(locale, typed, StandardCharsets.UTF_8)).satisfies(hash -> isHashOf(hash, password));
    }

    @Test
    void a_terminal_that_is_not_in_utf_8_gets_the_reason_and_no_hash() throws Exception {
        assertThat(hashed("C", "grün", StandardCharsets.ISO_8859_1))
                .contains("does not map to Unicode")
                .doesNotContain("$210000$");
    }

    private static void isHashOf(String printed, String password) throws GeneralSecurityException {
        Matcher hash =
                Pattern.compile("([0-9a-f]{32})\\$210000\\$([0-9a-f]{64})").matcher(printed.strip());
        assertThat(hash.matches()).as(printed).isTrue();
        byte[] key = SecretKeyFactory.getInstance("PBKDF2WithHmacSHA512")
                .generateSecret(
                        new PBEKeySpec(password.toCharArray(), HexFormat.of().parseHex(hash.group(1)), 210_000, 256))
                .getEncoded();
        assertThat(HexFormat.of().formatHex(key)).isEqualTo(hash.group(2));
    }

    private static String hashed(String locale, String typed, Charset terminal)
            throws IOException, InterruptedException {
        String lines = Pattern.compile("(?m)^ *IFS= read -rs(?:.*\n)+?.*sed .*$")
                .matcher(Files.readString(Path.of("docs/dba.md")))
                .results()
                .findFirst()
                .orElseThrow()
                .group()
                .replace("/opt/tomcat", TestServers.tomcatHome().toString());
        try {
            new ProcessBuilder("perl", "-MEncode", "-MUnicode::Normalize", "-e", "")
                    .start()
                    .waitFor();
        } catch (IOException none) {
            LeftOut.because("no perl: apt-get install perl");
        }
        ProcessBuilder bash = new ProcessBuilder(List.of("bash", "-c", lines)).redirectErrorStream(true);
        bash.environment().put("LC_ALL", locale);
        bash.environment().put("JAVA_HOME", System.getProperty("java.home"));
        Process process = bash.start();
        process.getOutputStream().write((typed + "\n").getBytes(terminal));
        process.getOutputStream().close();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        // bash says so if the machine lacks the locale, and takes C
        return printed.replaceAll("(?m)^.*(?:setlocale|[Ll]ocale|LC_ALL|LANG).*\n|^    are supported.*\n", "");
    }
}
