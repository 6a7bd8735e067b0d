package io.github.alexalink.store;

import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * What the client got for a code or a refresh token, apart from the tokens themselves.
 *
 * @param expiresIn seconds
 * @param rotated whether the refresh token has a successor now
 * @param inGrace whether the refresh token had been superseded: once after a lost response, again and again if somebody
 *     has a copy
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
