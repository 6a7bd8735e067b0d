/**
 * {@code GET /metrics}: what is counted and timed, for Prometheus, and the same over JMX. The only room that knows
 * Micrometer, and nothing in it is loaded unless the operator has named who may read.
 *
 * <p>What an endpoint decided it finds at the request ({@link io.github.alexalink.endpoint.Outcome}); no endpoint knows
 * that it is counted.
 */
package io.github.alexalink.metrics;
