/**
 * What the endpoints that a program calls have in common: POST and a form in, JSON out, refusals and failures answered in
 * one place, and the client that asks made to prove itself. And how any endpoint says what it decided, for who counts.
 *
 * <p>Sections: RFC 6749 §2.3, §3.2, §5.2; RFC 7009 §2; RFC 7662 §2.
 */
package io.github.alexalink.endpoint;
