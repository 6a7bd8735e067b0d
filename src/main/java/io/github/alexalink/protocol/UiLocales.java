package io.github.alexalink.protocol;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The languages that an authorization request asks the page to be in, the most wanted first ({@code ui_locales}, OpenID
 * Connect Core §3.1.2.1). It is a wish, so no value of it is an error: whatever is not a language tag is left out.
 *
 * @param tags letters, digits and hyphens only
 */
public record UiLocales(List<String> tags) {

    /** The parameter's name. */
    public static final String NAME = "ui_locales";

    private static final UiLocales NONE = new UiLocales(List.of());

    /** All ten languages with their regions take sixty characters; a longer value is ignored. */
    private static final int MAX_LENGTH = 500;

    /** As {@link java.util.Locale.LanguageRange} takes them (RFC 4647 §2.1). */
    private static final Pattern TAG = Pattern.compile("[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*");

    /** Reads the parameter; none if it was not sent, was sent twice or is too long. */
    public static UiLocales in(Parameters parameters) {
        List<String> sent = parameters.every(NAME);
        if (sent.size() != 1 || sent.get(0).length() > MAX_LENGTH) {
            return NONE;
        }
        return new UiLocales(Stream.of(sent.get(0).split(" ", -1))
                .filter(tag -> TAG.matcher(tag).matches())
                .toList());
    }

    /** The value to send on. */
    @Override
    public String toString() {
        return String.join(" ", tags);
    }
}
