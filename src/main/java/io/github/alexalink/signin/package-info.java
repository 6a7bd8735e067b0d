/**
 * What the forms with user name and password share: they must come from our own page, Tomcat checks the password, and
 * the number of tries is limited.
 *
 * <p>Sections: RFC 6749 §10.12; RFC 9700 §4.7.
 */
package io.github.alexalink.signin;
