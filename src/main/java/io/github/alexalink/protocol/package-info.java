/**
 * The words of the protocol: the strict reader of requests, error codes, scopes, PKCE, codes and tokens, and the JSON of
 * responses. This package knows no servlets, templates or SQL, and only it imports Apache Oltu.
 *
 * <p>Sections: RFC 6749 §3.1, §3.2, §3.3, §4.1.2.1, §5; RFC 7636 §4; RFC 9700 §2.1.
 */
package io.github.alexalink.protocol;
