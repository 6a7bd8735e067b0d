/**
 * {@code GET /authorize}: checks the authorization request and shows the sign-in and consent page. It changes nothing,
 * so Alexa may fetch it as often as it likes.
 *
 * <p>Sections: RFC 6749 §3.1, §4.1.1, §4.1.2.1; RFC 7636 §4.3, §4.4.1.
 */
package io.github.alexalink.authorize;
