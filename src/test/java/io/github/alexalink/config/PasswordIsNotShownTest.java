package io.github.alexalink.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A password in an address is not shown, whether the address is refused or taken")
class PasswordIsNotShownTest {

    /** Addresses in which {@code S3c}, {@code Ret} and {@code tail} are parts of the password. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "jdbc:postgresql://alexa_app:S3c/Ret@db.example/alexa",
                "jdbc:postgresql://alexa_app:S3c@Ret@db.example/alexa",
                "jdbc:postgresql://alexa_app:S3c:Ret@db.example/alexa",
                "jdbc:postgresql://alexa_app:S3c?Ret@db.example/alexa",
                "jdbc:postgresql://alexa_app:S3c#Ret@db.example/alexa",
                "jdbc:postgresql://alexa_app:S3c%40Ret@db.example/alexa",
                "jdbc:postgresql://alexa_app:S3c%40Ret%40db.example/alexa",
                "jdbc:postgresql://alexa_app:S3c//Ret@db.example/alexa",
                "jdbc:postgresql://alexa_app:S3c password=Ret@db.example/alexa",
                "jdbc:postgresql://alexa_app:S3c/password=Ret@db.example/alexa?ssl=true",
                "jdbc:postgresql://alexa_app:S3cRet/alexa",
                "jdbc:postgresql://:S3cRet@db.example/alexa",
                "jdbc:postgresql://a:S3c@one.example:5432,b:Ret@two.example/alexa",
                "jdbc:postgresql://alexa_app:S3cRet@[::1]:5432/alexa",
                "jdbc:postgresql:alexa_app:S3cRet@db.example/alexa",
                "postgres://anna:S3c/Ret@db/alexa",
                "anna:S3cRet@db/alexa",
                "S3cRet",
                "//S3cRet@",
                "jdbc:pg://db/alexa?user=a&password=S3c&Ret=1&ssl=true",
                "jdbc:pg://db/alexa?user=a&password=S3c@Ret&tail",
                "jdbc:postgresql://db/alexa?password=S3cRet",
                "jdbc:postgresql://db/alexa?PassWord=S3c&tail&Ret=x",
                "jdbc:postgresql://db/alexa?password=S3c@Ret&tail",
                "jdbc:postgresql://db/alexa?sslpassword=S3cRet&ssl=true",
                "jdbc:postgresql://a:5432,b:5433/alexa?targetServerType=primary&password=S3c%26Ret",
                "jdbc:postgresql://db/alexa?pwd=S3cRet",
                "jdbc:postgresql://db/alexa?password=S3cRet%zz",
            })
    void a_password_is_not_shown_whatever_is_in_it_and_wherever_it_stands(String url) {
        assertThat(shown(url)).doesNotContain("S3c", "Ret", "tail");
        assertThat(Settings.withoutPassword("cannot connect to " + url))
                .as("in another's message")
                .satisfiesAnyOf(
                        message -> assertThat(message).doesNotContain("S3c", "Ret", "tail"),
                        message -> assertThat(url).doesNotContain("@", "?"));
    }

    @Test
    void no_password_made_of_what_separates_the_parts_of_an_address_is_shown() {
        tryPasswords(2_000, 20_261_129);
    }

    @Test
    @Tag("thorough")
    void no_password_of_twenty_thousand_is_shown() {
        tryPasswords(20_000, 20_261_130);
    }

    /** Tries made-up passwords; with one seed every build tries the same. */
    private static void tryPasswords(int many, long seed) {
        Random random = new Random(seed);
        String separators = "/:@?&=#%,.+ ;[]";
        for (int i = 0; i < many; i++) {
            StringBuilder password = new StringBuilder();
            List<String> words = new ArrayList<>();
            for (int word = 0; word < 1 + random.nextInt(4); word++) {
                String one = "Q" + Integer.toString(random.nextInt(36 * 36), 36) + "Z";
                words.add(one);
                password.append(one);
                for (int each = random.nextInt(3); each > 0; each--) {
                    password.append(separators.charAt(random.nextInt(separators.length())));
                }
            }
            for (String url : List.of(
                    "jdbc:postgresql://alexa_app:" + password + "@db.example:5432/alexa",
                    "jdbc:postgresql://db.example/alexa?user=alexa_app&password=" + password,
                    "jdbc:postgresql://db.example/alexa?password=" + password + "&ssl=true")) {
                assertThat(shown(url)).as(url).doesNotContain(words.toArray(String[]::new));
                assertThat(Settings.withoutPassword(url)).as(url).doesNotContain(words.toArray(String[]::new));
            }
        }
    }

    @Test
    void the_parts_of_an_address_that_are_no_secret_are_shown() {
        String plain = "jdbc:postgresql://a.example,b.example:5433/alexa?targetServerType=primary&prepareThreshold=0";
        assertThat(shown(plain)).contains("alexa.db.url [" + plain + "]");
        assertThat(Settings.withoutPassword("https://anna:x@music.example.org/alexa"))
                .isEqualTo("https://…@music.example.org/alexa");
    }

    @Test
    void an_issuer_with_user_and_password_is_refused_without_them() {
        Settings.BadSetting refused = catchThrowableOfType(
                Settings.BadSetting.class,
                () -> Settings.read(Map.of("alexa.issuer", "https://anna:S3c/R@et@music.example.org/alexa")::get));
        assertThat(refused).hasMessageStartingWith("alexa.issuer is [https://…@music.example.org/alexa]: ");
    }

    /** What the log would show of an address: the line at the start, or the reason why there is none. */
    private static String shown(String url) {
        try {
            return DatabaseSettings.read(Map.of("alexa.db.url", url)::get).toString();
        } catch (Settings.BadSetting refused) {
            return refused.getMessage();
        }
    }
}
