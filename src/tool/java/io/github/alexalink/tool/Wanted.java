package io.github.alexalink.tool;

import java.util.List;
import java.util.Optional;

/**
 * What the operator wants, as far as it is known: from the options, from what is there, or typed.
 *
 * @param issuer alexa.issuer
 * @param name alexa.name
 * @param redirectUris of the client alexa; empty: no client is wanted now
 * @param account the first account's name; empty: no account is wanted now
 * @param password of that account
 */
record Wanted(
        Optional<String> issuer,
        Optional<String> name,
        Optional<List<String>> redirectUris,
        Optional<String> account,
        Password password) {

    @FunctionalInterface
    interface Password {
        /** Asks for it, or reads it from a file. */
        String of(String account) throws Refusal;
    }
}
