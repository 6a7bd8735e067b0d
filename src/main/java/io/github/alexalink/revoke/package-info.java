/**
 * {@code POST /revoke}: a client gives up a token of its own.
 *
 * <p>Sections: RFC 7009 §2.
 */
package io.github.alexalink.revoke;
