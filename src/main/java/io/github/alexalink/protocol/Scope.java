package io.github.alexalink.protocol;

import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A set of scope tokens, whose order means nothing (RFC 6749 §3.3): what a client may do, or asks to.
 *
 * @param tokens each once, in the order they were named
 */
public record Scope(List<String> tokens) {

    private static final int MAX_TOKENS = 50;
    private static final Pattern TOKEN = Pattern.compile("[\\x21\\x23-\\x5B\\x5D-\\x7E]{1,64}");

    public Scope {
        tokens = List.copyOf(new LinkedHashSet<>(tokens));
    }

    /**
     * Reads the {@code scope} of a request.
     *
     * @throws OAuthException {@code invalid_scope} if a token has characters it must not have
     */
    public static Scope parse(String value) throws OAuthException {
        List<String> tokens = List.of(value.strip().split(" +"));
        if (tokens.size() > MAX_TOKENS) {
            throw new OAuthException(ErrorCode.INVALID_SCOPE, "more than " + MAX_TOKENS + " scopes");
        }
        if (!tokens.stream().allMatch(token -> TOKEN.matcher(token).matches())) {
            throw new OAuthException(
                    ErrorCode.INVALID_SCOPE, "scope is not a list of scope tokens, separated by a space");
        }
        return new Scope(tokens);
    }

    public boolean isWithin(Collection<String> allowed) {
        return allowed.containsAll(tokens);
    }

    /** As on the wire: separated by one space. */
    @Override
    public String toString() {
        return String.join(" ", tokens);
    }
}
