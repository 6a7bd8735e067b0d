/**
 * {@code GET /metrics}: counters and timers for Prometheus, and over JMX. Only this package imports Micrometer, and none
 * of it is loaded unless the operator has named readers.
 *
 * <p>It reads what an endpoint decided from {@link io.github.alexalink.endpoint.Outcome}; no endpoint knows that it is
 * counted.
 */
package io.github.alexalink.metrics;
