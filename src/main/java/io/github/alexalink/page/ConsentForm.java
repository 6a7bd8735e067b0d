package io.github.alexalink.page;

import java.util.List;
import java.util.Map;

/**
 * The contents of the sign-in and consent page.
 *
 * @param clientName the client that asks
 * @param amazons whether that is Alexa: then a listener may take the password for Amazon's
 * @param scopes the scopes it asks for, in the listener's words
 * @param formAction where the answer to the form may lead to, as sources of {@code form-action}
 * @param hidden the authorization request, sent along with the form and checked again
 * @param attempt what was typed before
 */
public record ConsentForm(
        String clientName,
        boolean amazons,
        List<String> scopes,
        String formAction,
        Map<String, String> hidden,
        Attempt attempt) {}
