/** Both WARs on a real Tomcat with a real PostgreSQL, seen from outside. */
package io.github.alexalink.it;
