package io.github.alexalink.client;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * A client with what only an administrator asks about.
 *
 * @param secretUntil from when it has no valid secret; empty if it has one that does not expire, or never had one
 */
public record Registration(Client client, Duration accessTokenLifetime, Optional<Instant> secretUntil) {}
