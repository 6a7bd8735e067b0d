package io.github.alexalink.page;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The contents of the sign-in and consent page.
 *
 * @param clientName the client that asks
 * @param scopes the scopes it asks for, in the listener's words
 * @param formAction where the answer to the form may lead to, as sources of {@code form-action}
 * @param hidden the authorization request, sent along with the form and checked again
 * @param username shown again after a failure, or empty
 * @param error key of the message above the form
 */
public record ConsentForm(
        String clientName,
        List<String> scopes,
        String formAction,
        Map<String, String> hidden,
        String username,
        Optional<String> error) {}
