package io.github.alexalink.token;

import io.github.alexalink.protocol.Token;

/**
 * The answer to a successful token request (RFC 6749 §5.1).
 *
 * @param expiresIn seconds
 */
record TokenAnswer(Token accessToken, long expiresIn, Token refreshToken, String scope) {}
