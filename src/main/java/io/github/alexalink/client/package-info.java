/**
 * Who may ask: registered clients, how they prove who they are, and where their answers may be sent. Nothing here reads
 * the database; {@code store} brings the {@link io.github.alexalink.client.Client}.
 *
 * <p>Sections: RFC 6749 §2.2, §2.3, §3.1.2, §4.1.2; RFC 9207; RFC 9700 §2.1.
 */
package io.github.alexalink.client;
