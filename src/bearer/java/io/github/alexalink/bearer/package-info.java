/**
 * The Valve with which a music server in the same Tomcat accepts Alexa's access tokens, in a jar of its own in Tomcat's
 * {@code lib/}. It knows no class of {@code alexa.war}: per request the two exchange types of the JDK. So either can be
 * redeployed at any time, and neither keeps the other in memory.
 *
 * <p>Sections: RFC 6750 §2.1, §3; RFC 7662 §2.
 */
package io.github.alexalink.bearer;
