/**
 * {@code POST /introspect}: a music server asks whether an access token is good, and whose it is.
 *
 * <p>Sections: RFC 7662 §2.
 */
package io.github.alexalink.introspect;
