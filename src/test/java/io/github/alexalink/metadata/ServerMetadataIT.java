package io.github.alexalink.metadata;

import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Cases;
import io.github.alexalink.fixture.cases.UnderAttack;
import io.github.alexalink.page.Messages;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.json.JSONObject;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("What the server says about itself is true (RFC 8414)")
class ServerMetadataIT extends UnderAttack {

    private final Cases cases = Cases.of("metadata");

    private static JSONObject metadata() {
        return new JSONObject(metadataReply().body());
    }

    private static HttpResponse<String> metadataReply() {
        return Alexa.get(ISSUER + "/.well-known/oauth-authorization-server");
    }

    @Test
    void the_metadata_are_json_that_may_be_kept_for_a_while() {
        HttpResponse<String> reply = metadataReply();
        cases.fine(reply, 200);
        assertThat(reply.headers().firstValue("Content-Type")).contains("application/json;charset=UTF-8");
        assertThat(reply.headers().firstValue("Cache-Control")).contains("max-age=3600");
    }

    @Test
    void the_issuer_is_the_one_of_every_answer() {
        assertThat(metadata().getString("issuer")).isEqualTo(ISSUER);
        HttpResponse<String> redirect = alexa.press(alexa.authorize(), "allow", anna, PASSWORD);
        cases.fine(redirect, 303);
        assertThat(Alexa.parameter(Alexa.location(redirect), "iss")).isEqualTo(ISSUER);
        assertThat(metadata().getBoolean("authorization_response_iss_parameter_supported"))
                .isTrue();
    }

    @Test
    void every_endpoint_the_metadata_name_is_there_and_needs_what_they_say() {
        JSONObject metadata = metadata();
        cases.page(Alexa.get(metadata.getString("authorization_endpoint")), 400, BAD_CLIENT);
        for (String name : List.of("token_endpoint", "revocation_endpoint", "introspection_endpoint")) {
            String endpoint = metadata.getString(name);
            assertThat(endpoint).startsWith(ISSUER + "/");
            cases.notAllowed(Alexa.get(endpoint), "POST");
            cases.unauthorized(
                    alexa.post(
                            endpoint.substring(ISSUER.length()),
                            "grant_type=refresh_token&refresh_token=x&token=x",
                            Map.of()),
                    false);
        }
    }

    @Test
    void the_metadata_claim_what_the_server_supports_and_no_more() {
        Map<String, Object> metadata = metadata().toMap();
        assertThat(metadata)
                .containsEntry("response_types_supported", List.of("code"))
                .containsEntry("response_modes_supported", List.of("query"))
                .containsEntry("grant_types_supported", List.of("authorization_code", "refresh_token"))
                .containsEntry("code_challenge_methods_supported", List.of("S256"))
                .containsEntry(
                        "token_endpoint_auth_methods_supported",
                        List.of("client_secret_basic", "client_secret_post", "none"))
                .containsEntry(
                        "introspection_endpoint_auth_methods_supported",
                        List.of("client_secret_basic", "client_secret_post"))
                .doesNotContainKeys("registration_endpoint", "jwks_uri", "userinfo_endpoint", "scopes_supported");
        cases.redirected(alexa.authorize(with("response_type", "token")), Alexa.PITANGUI, "unsupported_response_type");
        cases.json(alexa.token(Map.of("grant_type", "password")), 400, "unsupported_grant_type");
    }

    @Test
    void the_metadata_name_the_language_of_every_page_there_is() {
        List<Object> languages = metadata().getJSONArray("ui_locales_supported").toList();
        assertThat(languages).isEqualTo(Messages.languageTags());
        for (Object language : languages) {
            HttpResponse<String> page = Alexa.send(HttpRequest.newBuilder(URI.create(alexa.authorizationUrl()))
                    .header("Accept-Language", language.toString())
                    .build());
            cases.fine(page, 200);
            assertThat(page.headers().firstValue("Content-Language")).contains(language.toString());
            assertThat(alexa.authorize(with("ui_locales", language.toString()))
                            .headers()
                            .firstValue("Content-Language"))
                    .contains(language.toString());
        }
    }

    @Test
    void no_other_well_known_path_exists() {
        for (String path : new String[] {
            "/.well-known/openid-configuration",
            "/.well-known/",
            "/.well-known/oauth-authorization-server/",
            "/.well-known/oauth-authorization-server/alexa",
            "/.well-known/jwks.json",
            "/jwks",
            "/register",
            "/userinfo"
        }) {
            cases.page(Alexa.get(ISSUER + path), 404, "There is nothing here");
        }
    }
}
