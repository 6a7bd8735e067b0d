package io.github.alexalink.metadata;

import io.github.alexalink.config.Settings;
import io.github.alexalink.endpoint.JsonReply;
import io.github.alexalink.protocol.ErrorCode;
import io.github.alexalink.protocol.OAuthReplies;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.json.JSONStringer;

/**
 * The server's metadata (RFC 8414). They are made once, from the settings: so they do not depend on the request, and are
 * served while the database is away.
 */
public final class MetadataServlet extends HttpServlet {

    private static final long serialVersionUID = 1L;

    private final String metadata;

    public MetadataServlet(Settings settings, List<String> languages) {
        String issuer = settings.issuer().toString();
        this.metadata = new JSONStringer()
                .object()
                .key("issuer")
                .value(issuer)
                .key("authorization_endpoint")
                .value(issuer + "/authorize")
                .key("token_endpoint")
                .value(issuer + "/token")
                .key("revocation_endpoint")
                .value(issuer + "/revoke")
                .key("introspection_endpoint")
                .value(issuer + "/introspect")
                .key("response_types_supported")
                .value(List.of("code"))
                .key("response_modes_supported")
                .value(List.of("query"))
                .key("grant_types_supported")
                .value(List.of("authorization_code", "refresh_token"))
                .key("token_endpoint_auth_methods_supported")
                .value(List.of("client_secret_basic", "client_secret_post", "none"))
                .key("revocation_endpoint_auth_methods_supported")
                .value(List.of("client_secret_basic", "client_secret_post", "none"))
                .key("introspection_endpoint_auth_methods_supported")
                .value(List.of("client_secret_basic", "client_secret_post"))
                .key("code_challenge_methods_supported")
                .value(List.of("S256"))
                .key("authorization_response_iss_parameter_supported")
                .value(true)
                .key("ui_locales_supported")
                .value(languages)
                .endObject()
                .toString();
    }

    @Override
    protected void service(HttpServletRequest http, HttpServletResponse reply) throws IOException {
        if (!Set.of("GET", "HEAD").contains(http.getMethod())) {
            reply.setHeader("Allow", "GET, HEAD");
            JsonReply.send(reply, 405, OAuthReplies.error(ErrorCode.INVALID_REQUEST, "the metadata take GET only"));
            return;
        }
        reply.setHeader("Cache-Control", "max-age=3600");
        JsonReply.send(reply, 200, metadata);
    }
}
