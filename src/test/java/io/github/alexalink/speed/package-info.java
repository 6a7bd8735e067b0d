/**
 * Benches, which measure and do not test: {@code ./mvnw -Pbench verify}. Every figure stands beside the floor of the
 * same run, the same SQL by bare JDBC with the same concurrency: machines differ, but the ratio does not.
 */
package io.github.alexalink.speed;
