/**
 * {@code /links}: a listener sees what is linked to their account, and unlinks one or all. There is no session: each form
 * is a sign-in of its own, so that what can be undone needs a password and nothing has to be kept or sealed between two
 * requests.
 */
package io.github.alexalink.links;
