/**
 * {@code /links}: a listener sees what is linked to their account, and unlinks one app or all. Every form carries the
 * password again. There is no session, so nothing has to be stored or signed between two requests (decision 0006).
 */
package io.github.alexalink.links;
