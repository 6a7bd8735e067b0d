/**
 * What every form with a user name and a password in it has in common: it comes from our own page, the container checks
 * the password, and nobody may try too often.
 *
 * <p>Sections: RFC 6749 §10.12; RFC 9700 §4.7.
 */
package io.github.alexalink.signin;
