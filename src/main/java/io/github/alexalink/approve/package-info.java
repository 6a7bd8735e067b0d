/**
 * {@code POST /approve}: the listener's answer. All fields of the form are checked again by the code that checked them
 * for the page. Then Tomcat signs the listener in, one row is inserted, and the code goes to the redirect URI.
 *
 * <p>Sections: RFC 6749 §4.1.1, §4.1.2, §10.12; RFC 9207; RFC 9700 §4.12 (303).
 */
package io.github.alexalink.approve;
