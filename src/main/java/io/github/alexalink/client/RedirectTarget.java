package io.github.alexalink.client;

import io.github.alexalink.protocol.ErrorCode;
import io.github.alexalink.protocol.OAuthException;
import io.github.alexalink.protocol.Reason;
import io.github.alexalink.protocol.Token;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The address to which an authorization request is answered. Every redirect is made from one, and one exists only for a
 * redirect URI that {@link Client#registered} knows: so no code can redirect anywhere else (RFC 9700 §4.11).
 */
public final class RedirectTarget {

    /**
     * Bytes of the longest {@code Location}. Tomcat writes 8 KiB of response headers at most; a longer one would be a
     * 500 after the listener has typed a password.
     */
    private static final int MAX_LOCATION = 7 * 1024;

    /** Bytes of a {@code Location} besides redirect URI, state and issuer: code, error and its description. */
    private static final int REST = 400;

    private static final Pattern ORIGIN = Pattern.compile("^(https?://[^/?]+).*$");
    private static final String IPV6_LOOPBACK = "http://[::1]";
    private static final HexFormat HEX = HexFormat.of().withUpperCase();
    private static final String UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

    private final String redirectUri;
    private final String registered;
    private final List<String> nextHops;
    private final Optional<String> state;
    private final String issuer;

    private RedirectTarget(
            String redirectUri, String registered, List<String> nextHops, Optional<String> state, String issuer) {
        this.redirectUri = redirectUri;
        this.registered = registered;
        this.nextHops = nextHops;
        this.state = state;
        this.issuer = issuer;
    }

    /**
     * The target of a request.
     *
     * @throws OAuthException {@code invalid_request} if the address is not registered for this client, or the state is
     *     longer than a redirect can carry; to be shown on a page and never redirected (RFC 6749 §4.1.2.1)
     */
    public static RedirectTarget of(Client client, String redirectUri, Optional<String> state, URI issuer)
            throws OAuthException {
        String registered = client.registered(redirectUri)
                .orElseThrow(() -> new OAuthException(ErrorCode.INVALID_REQUEST, Reason.REDIRECT_URI_UNREGISTERED));
        RedirectTarget target =
                new RedirectTarget(redirectUri, registered, client.formAction(), state, issuer.toString());
        if (target.location(new LinkedHashMap<>()).length() + REST > MAX_LOCATION) {
            throw new OAuthException(ErrorCode.INVALID_REQUEST, "state is too long to be sent back in a redirect");
        }
        return target;
    }

    /** The redirect URI as the client asked for it, to which the code is bound. */
    public String redirectUri() {
        return redirectUri;
    }

    /** The redirect URI as it is registered. */
    public String registered() {
        return registered;
    }

    /** The redirect if the listener allowed it (RFC 6749 §4.1.2). */
    public String answering(Token code) {
        Map<String, String> answer = new LinkedHashMap<>();
        answer.put("code", code.value());
        return location(answer);
    }

    /** The redirect if the request was refused (RFC 6749 §4.1.2.1). */
    public String refusing(OAuthException refused) {
        Map<String, String> answer = new LinkedHashMap<>();
        answer.put("error", refused.code().wireName());
        answer.put("error_description", refused.getMessage());
        return location(answer);
    }

    private String location(Map<String, String> answer) {
        state.ifPresent(value -> answer.put("state", value));
        answer.put("iss", issuer); // RFC 9207
        return redirectUri
                + (redirectUri.indexOf('?') < 0 ? "?" : "&")
                + answer.entrySet().stream()
                        .map(parameter -> parameter.getKey() + "=" + encoded(parameter.getValue()))
                        .collect(Collectors.joining("&"));
    }

    /**
     * Percent-encodes every byte that is not unreserved (RFC 3986 §2.3). A space becomes %20, which every decoder
     * understands.
     */
    static String encoded(String value) {
        StringBuilder encoded = new StringBuilder(value.length() * 2);
        for (byte b : value.getBytes(StandardCharsets.UTF_8)) {
            if (UNRESERVED.indexOf(b) >= 0) {
                encoded.append((char) b);
            } else {
                encoded.append('%').append(HEX.toHexDigits(b));
            }
        }
        return encoded.toString();
    }

    /**
     * The sources that the page's {@code form-action} needs besides {@code 'self'}, because Chromium applies it to every
     * redirect that follows the form: the origin of the redirect URI, and where that sends the browser on to.
     *
     * <p>A source cannot name the host {@code [::1]} (CSP3 §2.3.1, host-char). Any host with that port is the narrowest
     * source that Chromium takes for it.
     */
    public String formAction() {
        String origin = ORIGIN.matcher(redirectUri).replaceFirst("$1");
        if (origin.startsWith(IPV6_LOOPBACK)) {
            String port = origin.substring(IPV6_LOOPBACK.length());
            origin = "http://*" + (port.isEmpty() ? ":80" : port);
        }
        return String.join(
                " ", Stream.concat(Stream.of(origin), nextHops.stream()).toList());
    }
}
