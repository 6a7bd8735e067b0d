package io.github.alexalink.tool;

import com.zaxxer.hikari.util.DriverDataSource;
import io.github.alexalink.config.DatabaseSettings;
import io.github.alexalink.store.Database;
import java.io.IOException;
import java.util.Properties;

/** The database as the WAR uses it: the same repositories and the same role. */
final class WarDatabase {

    private WarDatabase() {}

    static Database of(DatabaseSettings settings) throws IOException {
        Properties connection = new Properties();
        connection.setProperty("ApplicationName", "alexa-link-tool");
        connection.setProperty("connectTimeout", "3");
        connection.setProperty("loginTimeout", "6");
        connection.setProperty("socketTimeout", "5");
        return new Database(new DriverDataSource(
                settings.url(), "org.postgresql.Driver", connection, settings.user(), settings.currentPassword()));
    }
}
