/**
 * Registered clients: who they are, how they prove it, and to which addresses they are answered. This package does not
 * read the database; {@code store} makes each {@link io.github.alexalink.client.Client}.
 *
 * <p>Sections: RFC 6749 §2.2, §2.3, §3.1.2, §4.1.2; RFC 9207; RFC 9700 §2.1.
 */
package io.github.alexalink.client;
