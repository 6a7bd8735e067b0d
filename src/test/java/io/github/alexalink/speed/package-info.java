/**
 * How fast it is, measured and not tested: {@code ./mvnw -Pbench verify}. Every figure stands beside the floor of the
 * same run, the same SQL by bare JDBC at the same concurrency, because the machines differ and their ratio does not.
 */
package io.github.alexalink.speed;
