/**
 * {@code GET /.well-known/oauth-authorization-server}: where the endpoints are and what they can do.
 *
 * <p>Sections: RFC 8414 §2, §3; RFC 9207 §3.
 */
package io.github.alexalink.metadata;
