package io.github.alexalink.page;

import io.github.alexalink.store.LinkRepository.Linked;
import java.util.List;
import java.util.Optional;

/**
 * The contents of the page of linked apps: a sign-in form, or the list and the form that unlinks.
 *
 * @param username shown again, or empty
 * @param links empty before the listener has signed in
 * @param message key of the message above the form
 */
public record LinksForm(String username, Optional<List<Linked>> links, Optional<String> message) {

    /** The form to sign in with. */
    public static LinksForm signIn(String username, Optional<String> error) {
        return new LinksForm(username, Optional.empty(), error);
    }

    /** The list, after whatever was done to it. */
    public static LinksForm showing(String username, List<Linked> links, Optional<String> message) {
        return new LinksForm(username, Optional.of(links), message);
    }
}
