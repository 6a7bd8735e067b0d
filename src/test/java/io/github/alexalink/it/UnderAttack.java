package io.github.alexalink.it;

import io.github.alexalink.fixture.Alexa;
import io.github.alexalink.fixture.TestDatabase;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;

/** A skill that was just registered and a listener with an account, for requests that are not what they should be. */
abstract class UnderAttack extends OnTomcat {

    static final String PASSWORD = "correct horse battery staple";
    static final String FORM = "application/x-www-form-urlencoded";

    static final String BAD_CLIENT = "The app that sent you here is not known";
    static final String BAD_REDIRECT_URI = "address that Test music server does not know";
    static final String BAD_REQUEST = "not complete or not valid";
    static final String WRONG = "User name or password is wrong";

    static String anna;
    static String musicServer;
    static String musicServerSecret;

    Alexa alexa;

    @BeforeAll
    static void account() {
        anna = TestDatabase.unique("anna");
        TestDatabase.addAccount(anna, PASSWORD);
        Alexa.SECRETS.add(PASSWORD);
        musicServer = TestDatabase.unique("music");
        musicServerSecret = TestDatabase.ask(
                "SELECT client_secret FROM alexa.register_resource_server(client_id => ?, display_name => 'Music')",
                musicServer);
        Alexa.SECRETS.add(musicServerSecret);
    }

    @BeforeEach
    void skill() {
        alexa = Alexa.skill(ISSUER);
    }

    Map<String, String> with(String name, String value) {
        Map<String, String> request = alexa.authorizationRequest();
        request.put(name, value);
        return request;
    }

    Map<String, String> without(String name) {
        Map<String, String> request = alexa.authorizationRequest();
        request.remove(name);
        return request;
    }

    /** A request as it comes from the page, signed in and allowed. */
    static Map<String, String> allowing(Map<String, String> request) {
        Map<String, String> form = new LinkedHashMap<>(request);
        form.put("username", anna);
        form.put("password", PASSWORD);
        form.put("decision", "allow");
        return form;
    }

    /** A form to an endpoint, with the skill's credentials in the header. */
    HttpResponse<String> post(String path, String form) {
        return alexa.post(path, form, Map.of("Authorization", alexa.basic()));
    }

    HttpResponse<String> introspect(String token) {
        return alexa.post(
                "/introspect",
                Alexa.encoded(Map.of("token", token)),
                Map.of("Authorization", basic(musicServer, musicServerSecret)));
    }

    static String basic(String id, String secret) {
        return "Basic " + Base64.getEncoder().encodeToString((id + ":" + secret).getBytes(StandardCharsets.UTF_8));
    }

    boolean isActive(String accessToken) {
        return introspect(accessToken).body().startsWith("{\"active\":true,");
    }

    /** How many codes there are: none may come of a request that is refused. */
    static String codes() {
        return TestDatabase.ask("SELECT count(*) FROM alexa.authorization_code");
    }
}
