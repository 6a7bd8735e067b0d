package io.github.alexalink.protocol;

/**
 * What a random string of ours is for. The prefix keeps a code from ever being taken for a token, and lets secret
 * scanners find one that leaked.
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
