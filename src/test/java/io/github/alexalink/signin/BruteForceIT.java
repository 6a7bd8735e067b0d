package io.github.alexalink.signin;

import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.AtOnce;
import io.github.alexalink.fixture.alexa.Cases;
import io.github.alexalink.fixture.alexa.Limits;
import io.github.alexalink.fixture.alexa.RawHttp;
import io.github.alexalink.fixture.alexa.SignInMinute;
import io.github.alexalink.fixture.alexa.Soon;
import io.github.alexalink.fixture.cases.UnderAttack;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("Somebody guesses passwords, for one name or from one address")
class BruteForceIT extends UnderAttack {

    /** A second run against the same Tomcat begins elsewhere. */
    private static final AtomicInteger HOUSEHOLDS =
            new AtomicInteger(ThreadLocalRandom.current().nextInt(65_000));

    private final Cases names = Cases.of("guessing: a name is locked");
    private final Cases addresses = Cases.of("guessing: an address has to wait");

    private String carl;

    @BeforeEach
    void carl() {
        carl = TestDatabase.unique("carl");
        TestDatabase.addAccount(carl, PASSWORD);
    }

    @Test
    void after_too_many_wrong_passwords_one_name_is_locked_while_others_sign_in_and_speakers_refresh() {
        String refresh = alexa.linked(carl).getString("refresh_token");
        String code = alexa.codeOf(carl);
        HttpResponse<String> page = alexa.authorize();
        for (int i = 1; i < Limits.WRONG_PASSWORDS; i++) {
            names.askedAgain(alexa.press(page, "allow", carl, "guess " + i), WRONG);
        }
        HttpResponse<String> last = alexa.press(page, "allow", carl, "the last guess");
        names.askedAgain(last, WRONG);
        String before = codes();
        HttpResponse<String> locked = alexa.press(page, "allow", carl, PASSWORD);
        names.askedAgain(locked, WRONG);
        assertThat(locked.body()).as("nobody learns that it was the right one").isEqualTo(last.body());
        names.askedAgain(alexa.post("/links", show(carl, PASSWORD), Map.of()), WRONG);
        assertThat(codes()).isEqualTo(before);

        names.fine(alexa.refresh(refresh), 200);
        names.fine(alexa.exchange(code), 200);
        names.fine(alexa.press(page, "allow", anna, PASSWORD), 303);
    }

    @Test
    void fewer_wrong_passwords_do_not_lock_and_a_right_one_resets_the_count() {
        HttpResponse<String> page = alexa.authorize();
        for (int i = 1; i < Limits.WRONG_PASSWORDS; i++) {
            names.askedAgain(alexa.press(page, "allow", carl, "guess " + i), WRONG);
        }
        names.fine(alexa.press(page, "allow", carl, PASSWORD), 303);
        names.askedAgain(alexa.press(page, "allow", carl, "another guess"), WRONG);
        names.fine(alexa.press(page, "allow", carl, PASSWORD), 303);
    }

    @Test
    void wrong_passwords_at_both_pages_count_together() {
        HttpResponse<String> page = alexa.authorize();
        for (int i = 0; i < Limits.WRONG_PASSWORDS; i += 2) {
            names.askedAgain(alexa.press(page, "allow", carl, "guess " + i), WRONG);
            names.askedAgain(alexa.post("/links", show(carl, "guess " + i), Map.of()), WRONG);
        }
        names.askedAgain(alexa.press(page, "allow", carl, PASSWORD), WRONG);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "' OR 1=1 --",
                "' OR ''='",
                "%",
                "_",
                "*",
                "carl*)(uid=*",
                "\\",
                "-1 UNION SELECT 1,2",
                "\u0000",
                "$$",
                "x'; DROP TABLE alexa.account; --"
            })
    void text_that_looks_like_sql_or_ldap_is_no_name_and_no_password(String hostile) {
        String before = codes();
        HttpResponse<String> page = alexa.authorize();
        names.askedAgain(alexa.press(page, "allow", hostile, "x"), WRONG);
        names.askedAgain(alexa.press(page, "allow", carl, hostile), WRONG);
        assertThat(codes()).isEqualTo(before);
    }

    @Test
    void other_capitals_and_blanks_around_a_name_are_that_name_and_other_letters_are_not() {
        HttpResponse<String> page = alexa.authorize();
        for (String same :
                new String[] {carl.replace('c', 'C'), carl + " ", "\u00a0" + carl, carl.toUpperCase(Locale.ROOT)}) {
            HttpResponse<String> allowed = alexa.press(page, "allow", same, PASSWORD);
            names.fine(allowed, 303);
            assertThat(TestDatabase.ask(
                            "SELECT subject FROM alexa.authorization_code WHERE code_hash = alexa.hash_of(?)",
                            Alexa.codeIn(allowed)))
                    .isEqualTo(carl);
        }
        for (String other : new String[] {carl + "\u0000", "c\u0430" + carl.substring(2)}) {
            names.askedAgain(alexa.press(page, "allow", other, PASSWORD), WRONG);
        }
    }

    @Test
    void guesses_by_several_spellings_of_a_name_lock_that_name() {
        HttpResponse<String> page = alexa.authorize();
        String[] spellings = {
            carl, carl.toUpperCase(Locale.ROOT), " " + carl, carl.replace('c', 'C'), carl.replace('r', 'R')
        };
        for (int i = 0; i < Limits.WRONG_PASSWORDS; i++) {
            names.askedAgain(alexa.press(page, "allow", spellings[i % spellings.length], "a guess"), WRONG);
        }
        names.askedAgain(alexa.press(page, "allow", carl, PASSWORD), WRONG);
    }

    @Test
    void a_page_in_another_tab_uses_up_no_sign_ins() throws Exception {
        SignInMinute.inOne(Duration.ZERO, () -> {
            String address = address();
            Map<String, String> fromAnotherSite = Map.of("X-Forwarded-For", address, "Sec-Fetch-Site", "cross-site");
            for (int i = 0; i <= Limits.SIGN_INS_PER_MINUTE; i++) {
                addresses.fine(
                        RawHttp.send(
                                "GET /alexa/links HTTP/1.1\nX-Forwarded-For: " + address
                                        + "\nSec-Fetch-Site: cross-site",
                                ""),
                        200);
                addresses.fine(alexa.post("/approve", "x=1", fromAnotherSite), 403);
                addresses.fine(alexa.post("/links", show(carl, "guess"), fromAnotherSite), 403);
                // a browser that sends no Sec-Fetch-Site costs no hash either
                addresses.fine(alexa.post("/approve", "x=1", Map.of("X-Forwarded-For", address)), 400);
            }
            addresses.fine(
                    alexa.post(
                            "/approve",
                            Alexa.encoded(allowing(alexa.authorizationRequest())),
                            Map.of("X-Forwarded-For", address)),
                    303);
        });
    }

    @Test
    void an_unknown_name_gets_the_very_page_of_a_wrong_password_and_so_does_one_too_long_to_be_one() {
        HttpResponse<String> page = alexa.authorize();
        HttpResponse<String> wrong = alexa.press(page, "allow", carl, "nope");
        HttpResponse<String> wrongAtLinks = alexa.post("/links", show(carl, "nope"), Map.of());
        for (String other : new String[] {"no-such-" + carl, "x".repeat(300)}) {
            HttpResponse<String> unknown = alexa.press(page, "allow", other, "nope");
            names.askedAgain(unknown, WRONG);
            assertThat(unknown.body().replace(other, carl)).isEqualTo(wrong.body());
            assertThat(unknown.headers().map().keySet())
                    .isEqualTo(wrong.headers().map().keySet());
            HttpResponse<String> unknownAtLinks = alexa.post("/links", show(other, "nope"), Map.of());
            names.askedAgain(unknownAtLinks, WRONG);
            assertThat(unknownAtLinks.body().replace(other, carl)).isEqualTo(wrongAtLinks.body());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "username", "password"})
    void an_incomplete_form_does_not_count_as_a_wrong_password(String typed) {
        HttpResponse<String> page = alexa.authorize();
        for (int i = 0; i <= Limits.WRONG_PASSWORDS; i++) {
            HttpResponse<String> again = alexa.press(
                    page, "allow", typed.equals("username") ? carl : "", typed.equals("password") ? "x" : "");
            names.askedAgain(again, "Please enter your user name and your password");
        }
        names.fine(alexa.press(page, "allow", carl, PASSWORD), 303);
    }

    @ParameterizedTest
    @CsvSource({"/approve, de, Zu viele Versuche", "/links, en, Too many tries"})
    void one_form_too_many_within_a_minute_from_one_address_is_429(String path, String language, String title)
            throws Exception {
        SignInMinute.inOne(Duration.ZERO, () -> {
            String address = address();
            for (int i = 0; i < Limits.SIGN_INS_PER_MINUTE; i++) {
                addresses.askedAgain(wrong(path, Map.of("X-Forwarded-For", address, "Accept-Language", "en")), WRONG);
            }
            HttpResponse<String> wait = wrong(path, Map.of("X-Forwarded-For", address, "Accept-Language", language));
            addresses.page(wait, 429, "<html lang=\"" + language + "\"");
            assertThat(wait.headers().firstValue("Retry-After")).contains("60");
            assertThat(wait.body())
                    .contains(language.equals("en") ? title : "role=\"alert\"")
                    .contains(
                            path.equals("/links")
                                    ? "<a class=\"button\" href=\"links\">Try again</a>"
                                    : ">Noch einmal versuchen</a>");
            String before = codes();
            addresses.page(
                    alexa.post(
                            "/approve",
                            Alexa.encoded(allowing(alexa.authorizationRequest())),
                            Map.of("X-Forwarded-For", address)),
                    429,
                    "Too many tries");
            assertThat(codes()).isEqualTo(before);
            // other addresses and other requests are not counted
            addresses.askedAgain(wrong(path, Map.of("X-Forwarded-For", address())), WRONG);
            addresses.fine(alexa.post("/token", "grant_type=x", Map.of("X-Forwarded-For", address)), 400);
            addresses.fine(Alexa.get(alexa.authorizationUrl()), 200);
        });
    }

    @Test
    void a_forged_beginning_of_X_Forwarded_For_is_not_who_is_counted() throws Exception {
        SignInMinute.inOne(Duration.ZERO, () -> {
            String real = address();
            for (int i = 0; i < Limits.SIGN_INS_PER_MINUTE; i++) {
                addresses.askedAgain(
                        wrong("/approve", Map.of("X-Forwarded-For", "1.2.3." + i + ", 127.0.0.1, " + real)), WRONG);
            }
            addresses.page(wrong("/approve", Map.of("X-Forwarded-For", "1.2.3.99, " + real)), 429, "Too many tries");
            addresses.page(wrong("/approve", Map.of("X-Forwarded-For", real + ", " + real)), 429, "Too many tries");
            addresses.page(wrong("/approve", Map.of("X-Forwarded-For", "127.0.0.1," + real)), 429, "Too many tries");
            // the address that the forged header names was not counted
            addresses.askedAgain(wrong("/approve", Map.of("X-Forwarded-For", "1.2.3.99")), WRONG);
        });
    }

    /** Load balancers of clouds write the port behind the address, and another one with every connection. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "A:%d",
                "\"A:%d\"",
                "198.51.100.%d, A:5%d",
                "198.51.100.%d:44, A:5%d, 127.0.0.1:8%d",
                "198.51.100.%d\nX-Forwarded-For: A:5%d",
                "::ffff:A",
                "[::ffff:A]:%d",
                "64:ff9b::A"
            })
    void a_household_is_counted_by_its_address_whatever_port_and_addresses_stand_beside_it(String written)
            throws Exception {
        SignInMinute.inOne(Duration.ZERO, () -> {
            String real = address();
            oneHouseholdOnly(
                    number -> written.replace("A", real).replace("%d", Integer.toString(number)), address(), real);
        });
    }

    /** A provider gives a household a /64 at least, and its machines take new addresses of it every day (RFC 8981). */
    @ParameterizedTest
    @ValueSource(strings = {"N:%x::1", "[N:%x::1]:%d", "N:%x:0:0:1", "N::%x", "[N::%x]:%d", "N:ffff:ffff:ffff:%x"})
    void the_addresses_of_a_64_are_one_household_and_the_next_64_is_another(String written) throws Exception {
        SignInMinute.inOne(Duration.ZERO, () -> {
            int site = 0x1000 + HOUSEHOLDS.getAndIncrement() % 0xe000;
            String net = "2001:db8:%x:7".formatted(site);
            oneHouseholdOnly(
                    number -> written.replace("N", net)
                            .replace("%x", Integer.toHexString(number))
                            .replace("%d", Integer.toString(number)),
                    "2001:db8:%x:8::1".formatted(site),
                    net + ":");
        });
    }

    @Test
    void everything_that_is_no_address_is_counted_as_one_household() throws Exception {
        SignInMinute.inOne(Duration.ZERO, () -> {
            String run = TestDatabase.unique("junk");
            HttpResponse<String> last = null;
            for (int i = 0; i <= Limits.SIGN_INS_PER_MINUTE; i++) {
                last = wrong("/approve", Map.of("X-Forwarded-For", "unknown-" + run + i));
            }
            addresses.page(last, 429, "Too many tries");
            addresses.askedAgain(wrong("/approve", Map.of("X-Forwarded-For", address())), WRONG);
        });
    }

    /** Sends a minute's sign-ins in one household's name, sees the next ones refused and another household served. */
    private void oneHouseholdOnly(IntFunction<String> forwardedFor, String other, String logged) {
        for (int i = 1; i <= Limits.SIGN_INS_PER_MINUTE; i++) {
            addresses.askedAgain(wrongFrom(forwardedFor.apply(i)), WRONG);
        }
        for (int i = Limits.SIGN_INS_PER_MINUTE + 1; i <= 2 * Limits.SIGN_INS_PER_MINUTE; i++) {
            addresses.page(wrongFrom(forwardedFor.apply(i)), 429, "Too many tries");
        }
        addresses.askedAgain(wrongFrom(other), WRONG);
        String line = "request " + (Limits.SIGN_INS_PER_MINUTE + 1) + " for a sign-in from [" + logged;
        assertThat(Soon.within(60, TestServers::log, said -> said.contains(line)))
                .as("the address and not its port")
                .contains(line)
                .doesNotContain(logged + ":50");
    }

    private HttpResponse<String> wrongFrom(String forwardedFor) {
        Map<String, String> form = allowing(alexa.authorizationRequest());
        form.put("username", "x".repeat(256));
        return RawHttp.send(
                "POST /alexa/approve HTTP/1.1\nContent-Type: " + FORM + "\nX-Forwarded-For: " + forwardedFor,
                Alexa.encoded(form));
    }

    @Test
    void the_address_of_this_machine_never_waits_because_it_may_be_a_proxys() throws Exception {
        SignInMinute.inOne(Duration.ZERO, () -> {
            for (int i = 0; i < 2 * Limits.SIGN_INS_PER_MINUTE; i++) {
                addresses.askedAgain(wrong("/approve", Map.of()), WRONG);
            }
            addresses.fine(alexa.press(alexa.authorize(), "allow", carl, PASSWORD), 303);
        });
    }

    @Test
    void a_dozen_households_that_send_many_sign_ins_at_once_leave_places_in_the_line_for_others() throws Exception {
        SignInMinute.inOne(Duration.ZERO, () -> {
            List<Callable<HttpResponse<String>>> all = new ArrayList<>();
            for (int household = 0; household < 12; household++) {
                String attacker = address();
                for (int i = 0; i < 2 * Line.PER_HOUSEHOLD; i++) {
                    all.add(() -> alexa.post("/links", show(carl, PASSWORD), Map.of("X-Forwarded-For", attacker)));
                }
            }
            int others = 5;
            for (int i = 0; i < others; i++) {
                String other = address();
                all.add(() -> alexa.post(
                        "/approve",
                        Alexa.encoded(allowing(alexa.authorizationRequest())),
                        Map.of("X-Forwarded-For", other)));
            }
            List<HttpResponse<String>> answers = AtOnce.all(all);
            assertThat(answers.subList(answers.size() - others, answers.size()))
                    .extracting(HttpResponse::statusCode)
                    .contains(303)
                    .doesNotContain(429);
            assertThat(answers.subList(0, answers.size() - others))
                    .extracting(HttpResponse::statusCode)
                    .contains(429);
        });
    }

    @Test
    void neither_the_token_endpoint_nor_the_page_is_ever_counted() throws Exception {
        SignInMinute.inOne(Duration.ZERO, () -> {
            String address = address();
            String refresh = alexa.linked(carl).getString("refresh_token");
            Map<String, String> headers = Map.of("X-Forwarded-For", address, "Authorization", alexa.basic());
            for (int i = 0; i < 2 * Limits.SIGN_INS_PER_MINUTE; i++) {
                addresses.fine(alexa.post("/token", "grant_type=refresh_token&refresh_token=" + refresh, headers), 200);
                addresses.fine(alexa.post("/token", "grant_type=refresh_token&refresh_token=x", headers), 400);
            }
            addresses.askedAgain(wrong("/approve", Map.of("X-Forwarded-For", address)), WRONG);
        });
    }

    /** Sends a sign-in with a user name so long that no password is hashed. */
    private HttpResponse<String> wrong(String path, Map<String, String> headers) {
        Map<String, String> form = path.equals("/approve")
                ? allowing(alexa.authorizationRequest())
                : new LinkedHashMap<>(Map.of("action", "show", "password", "x"));
        form.put("username", "x".repeat(256));
        return alexa.post(path, Alexa.encoded(form), headers);
    }

    private static String show(String username, String password) {
        return "action=show&" + Alexa.encoded(Map.of("username", username, "password", password));
    }

    /** Never one that a test had in the same minute. */
    private static String address() {
        int next = HOUSEHOLDS.getAndIncrement();
        return "203.0." + next / 254 % 256 + "." + (1 + next % 254);
    }
}
