/**
 * What a music server in the same Tomcat needs in order to believe Alexa's access tokens: one Valve, in a jar of its own in
 * Tomcat's {@code lib/}. Nothing here knows a class of {@code alexa.war}: the two meet in types of the JDK, per request, so
 * that either can be redeployed at any time and neither keeps the other in memory.
 *
 * <p>Sections: RFC 6750 §2.1, §3; RFC 7662 §2.
 */
package io.github.alexalink.bearer;
