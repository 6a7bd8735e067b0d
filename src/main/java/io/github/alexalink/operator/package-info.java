/**
 * {@code GET /operator}: an account with the role {@code alexa-operator} reads what happened, what is checked, and what
 * to enter at Amazon, as a page or as JSON. It changes nothing, so there is no form to forge, no session and no script.
 *
 * <p>Sections: RFC 7617 (Basic authentication).
 */
package io.github.alexalink.operator;
