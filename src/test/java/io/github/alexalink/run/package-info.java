/**
 * A real PostgreSQL and a real Tomcat, for {@code ./mvnw -Prun} and for the tests: what a person tries is what was
 * tested.
 */
package io.github.alexalink.run;
