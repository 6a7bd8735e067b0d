package io.github.alexalink.protocol;

/**
 * The kinds of random values. The prefix keeps a code from being taken for a token, and lets secret scanners find a
 * leaked one.
 */
public enum TokenKind {
    AUTHORIZATION_CODE("alc_"),
    ACCESS_TOKEN("ala_"),
    REFRESH_TOKEN("alr_");

    private final String prefix;

    TokenKind(String prefix) {
        this.prefix = prefix;
    }

    public String prefix() {
        return prefix;
    }
}
