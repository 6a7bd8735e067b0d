package io.github.alexalink.signin;

import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Cases;
import io.github.alexalink.fixture.cases.UnderAttack;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import io.github.alexalink.tool.PasswordHash;
import java.net.http.HttpResponse;
import java.text.Normalizer;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("One person is typed on many keyboards (RFC 8265 §3.3, §4.2)")
class LettersTypedIT extends UnderAttack {

    private final Cases typed = Cases.of("letters: typed on another keyboard");

    @ParameterizedTest
    @ValueSource(strings = {"NFC", "NFD"})
    void a_name_is_one_person_in_one_piece_and_in_two_with_blanks_around_it_and_of_another_width(String stored) {
        String name = TestDatabase.unique("jürgen");
        String own = Normalizer.normalize(name, Normalizer.Form.valueOf(stored));
        // as a DBA may load it: alexa.add_account would store it in one piece
        TestDatabase.change(
                "INSERT INTO alexa.account (username, password_hash) VALUES (?, ?)",
                own,
                PasswordHash.of(PASSWORD, TestDatabase.FEW_ROUNDS));
        HttpResponse<String> page = alexa.authorize();
        for (String same : List.of(
                name,
                Normalizer.normalize(name, Normalizer.Form.NFD),
                name + " ",
                " " + name,
                "\t" + name + "\r\n",
                name + "\u00a0",
                name + "\u200b",
                "\ufeff" + name,
                "\u200e\u202a" + name + "\u202c",
                "\u2068" + name + "\u2069",
                name + "\u3000",
                name.toUpperCase(Locale.ROOT),
                wide(name))) {
            HttpResponse<String> allowed = alexa.press(page, "allow", same, PASSWORD);
            typed.fine(allowed, 303);
            assertThat(TestDatabase.ask(
                            "SELECT subject FROM alexa.authorization_code WHERE code_hash = alexa.hash_of(?)",
                            Alexa.codeIn(allowed)))
                    .as(same)
                    .isEqualTo(own);
        }
    }

    @Test
    void a_password_is_the_same_in_two_pieces_and_with_another_kind_of_blank_and_is_never_trimmed() {
        String name = TestDatabase.unique("anna");
        TestDatabase.addAccount(name, " grün und blau ");
        HttpResponse<String> page = alexa.authorize();
        for (String same : List.of(" grün und blau ", " gru\u0308n und blau ", "\u00a0grün\u2003und\u3000blau\u202f")) {
            typed.fine(alexa.press(page, "allow", name, same), 303);
        }
        for (String other :
                List.of("grün und blau", " grün und blau", " grun und blau ", " GRÜN UND BLAU ", " grün\tund blau ")) {
            typed.askedAgain(alexa.press(page, "allow", name, other), WRONG);
            typed.fine(alexa.press(page, "allow", name, " grün und blau "), 303); // or the name is locked in the end
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "😀",
                "\u202eanna\u202c b",
                "\u0308",
                "a\u0308\u0301\u0323\u0327",
                "anna\u0000",
                "anna\u0007",
                "\ufffd",
                "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
                "İ",
                "\u115f",
                "long 300",
                "long 60000",
                "marks 300",
                "marks 20000"
            })
    void an_odd_name_or_password_is_wrong_and_nothing_else(String text) {
        String odd =
                switch (text) {
                    case "long 300" -> "ü".repeat(300);
                    case "long 60000" -> "x".repeat(60_000);
                    case "marks 300" -> "a" + "\u0301\u0316".repeat(150);
                    case "marks 20000" -> "a" + "\u0301\u0316".repeat(5_000);
                    default -> text;
                };
        String before = TestServers.log();
        HttpResponse<String> page = alexa.authorize();
        typed.askedAgain(alexa.press(page, "allow", odd, "x"), WRONG);
        typed.askedAgain(alexa.press(page, "allow", anna, odd + "."), WRONG);
        typed.fine(alexa.press(page, "allow", anna, PASSWORD), 303);
        assertThat(TestServers.log().substring(before.length())).doesNotContain("SEVERE", "Exception");
    }

    @Test
    void a_name_of_nothing_but_invisible_signs_is_none() {
        typed.askedAgain(
                alexa.press(alexa.authorize(), "allow", "\u200b\u00a0\ufeff", "x"),
                "Please enter your user name and your password");
    }

    @Test
    void an_account_of_emoji_and_one_of_255_of_them_sign_in() {
        for (String name : List.of("🎵🎶" + TestDatabase.unique("x"), "🎹".repeat(246) + TestDatabase.unique(""))) {
            TestDatabase.addAccount(name, PASSWORD);
            typed.fine(alexa.press(alexa.authorize(), "allow", name, PASSWORD), 303);
        }
    }

    /** As a Japanese keyboard types Latin letters. */
    private static String wide(String name) {
        return name.chars()
                .map(letter -> letter > ' ' && letter < 0x7F ? letter + 0xFEE0 : letter)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }
}
