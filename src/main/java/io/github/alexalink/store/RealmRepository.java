package io.github.alexalink.store;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/** The tables that Tomcat's Realm reads. Checking a password is Tomcat's; here is only asked whether it could. */
public final class RealmRepository {

    private static final String ANY_ACCOUNT = "SELECT 1 FROM alexa.realm_account LIMIT 1";

    private final Database database;

    public RealmRepository(Database database) {
        this.database = database;
    }

    /** Does nothing where the Realm can read its table; fails where it could not, which {@code login} does not tell. */
    public void ask() throws SQLException {
        database.ask(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(ANY_ACCOUNT);
                    ResultSet row = statement.executeQuery()) {
                return row.next();
            }
        });
    }
}
