/**
 * What the endpoints for programs share: a form by POST in, JSON out, client authentication, and one place that answers
 * refusals and failures. Also {@link io.github.alexalink.endpoint.Outcome}, by which every endpoint reports to the
 * metrics.
 *
 * <p>Sections: RFC 6749 §2.3, §3.2, §5.2; RFC 7009 §2; RFC 7662 §2.
 */
package io.github.alexalink.endpoint;
