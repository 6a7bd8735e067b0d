/** {@code ./mvnw -Prun}: a real PostgreSQL and a real Tomcat, started by the code that starts them for the tests. */
package io.github.alexalink.run;
