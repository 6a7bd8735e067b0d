package io.github.alexalink.authorize;

import io.github.alexalink.client.Client;
import io.github.alexalink.client.RedirectTarget;
import io.github.alexalink.page.Attempt;
import io.github.alexalink.page.ConsentForm;
import io.github.alexalink.protocol.CodeChallenge;
import io.github.alexalink.protocol.ErrorCode;
import io.github.alexalink.protocol.OAuthException;
import io.github.alexalink.protocol.Parameters;
import io.github.alexalink.protocol.Reason;
import io.github.alexalink.protocol.Scope;
import io.github.alexalink.protocol.UiLocales;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * An authorization request whose client and redirect URI are good (RFC 6749 §4.1.1). Both {@code /authorize}, which
 * shows the form, and {@code /approve}, which takes it, read theirs here.
 *
 * @param scope the requested scope; all scopes of the client if the request names none
 * @param sent the parameters as they came, to travel with the form
 */
public record AuthorizationRequest(
        Client client, Scope scope, Optional<CodeChallenge> codeChallenge, Map<String, String> sent) {

    private static final List<String> NAMES = List.of(
            "response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method");

    /**
     * Reads a request.
     *
     * @throws OAuthException to be sent to the redirect URI (§4.1.2.1)
     */
    public static AuthorizationRequest from(Parameters parameters, Client client) throws OAuthException {
        if (!parameters.required("response_type").equals("code")) {
            throw new OAuthException(ErrorCode.UNSUPPORTED_RESPONSE_TYPE, "response_type must be code");
        }
        Optional<String> asked = parameters.optional("scope");
        Scope scope = asked.isPresent()
                ? Scope.parse(asked.get())
                : new Scope(List.copyOf(client.scopes().keySet()));
        if (!scope.isWithin(client.scopes().keySet())) {
            throw new OAuthException(ErrorCode.INVALID_SCOPE, Reason.SCOPE_UNREGISTERED);
        }
        Optional<CodeChallenge> codeChallenge = CodeChallenge.from(parameters);
        if (client.pkceRequired() && codeChallenge.isEmpty()) {
            throw new OAuthException(ErrorCode.INVALID_REQUEST, Reason.CODE_CHALLENGE_MISSING);
        }
        return new AuthorizationRequest(client, scope, codeChallenge, sent(parameters));
    }

    private static Map<String, String> sent(Parameters parameters) throws OAuthException {
        Map<String, String> sent = new LinkedHashMap<>();
        for (String name : NAMES) {
            parameters.optional(name).ifPresent(value -> sent.put(name, value));
        }
        UiLocales languages = UiLocales.in(parameters);
        if (!languages.tags().isEmpty()) {
            sent.put(UiLocales.NAME, languages.toString());
        }
        return sent;
    }

    /**
     * The query that sends a request once more, whether it is good or not: {@code /authorize} checks it again. Empty if it
     * can never be good.
     */
    public static Optional<String> query(Parameters parameters) {
        try {
            return Optional.of(sent(parameters).entrySet().stream()
                    .map(parameter ->
                            parameter.getKey() + "=" + URLEncoder.encode(parameter.getValue(), StandardCharsets.UTF_8))
                    .collect(Collectors.joining("&")));
        } catch (OAuthException garbled) {
            return Optional.empty();
        }
    }

    /** The form that asks the listener for consent. */
    public ConsentForm form(RedirectTarget target, Attempt attempt) {
        List<String> words = scope.tokens().stream().map(client.scopes()::get).toList();
        return new ConsentForm(client.displayName(), client.isAmazons(), words, target.formAction(), sent, attempt);
    }
}
