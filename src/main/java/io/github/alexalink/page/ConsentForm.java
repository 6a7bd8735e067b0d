package io.github.alexalink.page;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the sign-in and consent page shows.
 *
 * @param clientName who asks
 * @param scopes for what, in the listener's words
 * @param formAction the origins that the answer to the form may lead to, for {@code form-action}
 * @param hidden the authorization request, to be sent along with the form and checked there once more
 * @param username to be filled in again after a failure, or empty
 * @param error which message to show above the form, a key of the bundle
 */
public record ConsentForm(
        String clientName,
        List<String> scopes,
        String formAction,
        Map<String, String> hidden,
        String username,
        Optional<String> error) {}
