package io.github.alexalink.page;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The contents of the page of linked apps: a sign-in form, or the list and the form that unlinks.
 *
 * @param username shown again, or empty
 * @param links empty before the listener has signed in
 * @param message key of the message above the form
 */
public record LinksForm(String username, Optional<List<Entry>> links, Optional<String> message) {

    /**
     * One link.
     *
     * @param scopes in the listener's words
     */
    public record Entry(String id, String clientName, List<String> scopes, Instant since, Instant lastUsed) {}

    /** The form to sign in with. */
    public static LinksForm signIn(String username, Optional<String> error) {
        return new LinksForm(username, Optional.empty(), error);
    }

    /** The list of links, with a message about what was done. */
    public static LinksForm showing(String username, List<Entry> links, Optional<String> message) {
        return new LinksForm(username, Optional.of(links), message);
    }
}
