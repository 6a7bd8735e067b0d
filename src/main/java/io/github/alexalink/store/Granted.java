package io.github.alexalink.store;

import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * What a code or a refresh token was exchanged for.
 *
 * @param expiresIn seconds
 * @param rotated whether the refresh token has a successor now
 * @param inGrace whether it had been superseded before: a lost answer does that once, a copy again and again
 */
public record Granted(String scope, long expiresIn, boolean rotated, boolean inGrace) {

    static Granted in(ResultSet row) throws SQLException {
        return new Granted(
                row.getString("scope"),
                row.getLong("expires_in"),
                row.getBoolean("rotated"),
                row.getBoolean("in_grace"));
    }
}
