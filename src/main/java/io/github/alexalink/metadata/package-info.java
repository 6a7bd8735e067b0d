/**
 * {@code GET /.well-known/oauth-authorization-server}: the addresses of the endpoints and what they support.
 *
 * <p>Sections: RFC 8414 §2, §3; RFC 9207 §3.
 */
package io.github.alexalink.metadata;
