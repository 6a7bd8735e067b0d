/**
 * {@code POST /token}: turns codes and refresh tokens into access tokens. Three hops from the socket to the SQL:
 * {@link io.github.alexalink.token.TokenServlet}, a grant, {@link io.github.alexalink.store.TokenRepository}.
 *
 * <p>Sections: RFC 6749 §3.2, §4.1.3, §4.1.4, §5, §6; RFC 7636 §4.5, §4.6; RFC 9700 §4.14.
 */
package io.github.alexalink.token;
