package io.github.alexalink.page;

import io.github.alexalink.store.LinkRepository.Linked;
import java.util.List;
import java.util.Optional;

/**
 * The contents of the page of linked apps: a sign-in form, or the list and the form that unlinks.
 *
 * @param attempt what was typed, and what is wrong with the form
 * @param links empty before the listener has signed in
 * @param unlinked the links that the form ended; empty if it did not ask for it
 */
public record LinksForm(Attempt attempt, Optional<List<Linked>> links, Optional<List<Linked>> unlinked) {

    /** The form to sign in with. */
    public static LinksForm signIn(Attempt attempt) {
        return new LinksForm(attempt, Optional.empty(), Optional.empty());
    }

    /** The list, for a listener who has signed in. */
    public static LinksForm showing(String username, List<Linked> links) {
        return new LinksForm(new Attempt(username, 0, Optional.empty()), Optional.of(links), Optional.empty());
    }

    /** The list, after some links were ended. */
    public LinksForm after(List<Linked> ended) {
        return new LinksForm(attempt, links, Optional.of(ended));
    }

    /** The list again, because no link was chosen. */
    public LinksForm nothingChosen() {
        return new LinksForm(
                new Attempt(attempt.username(), 0, Optional.of("links.nothing_chosen")), links, Optional.empty());
    }
}
