/** {@code GET /health}: whether a token could be issued right now, for a proxy, a monitor or a person. */
package io.github.alexalink.health;
