/**
 * {@code ./mvnw -Prun}: a real PostgreSQL and a real Tomcat, started by the code that starts them for the tests, and set up
 * by the WAR's own {@code setup}.
 */
package io.github.alexalink.run;
