package io.github.alexalink.tool;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Which database a command uses. */
final class DatabaseOption {

    @Option(
            names = "--db",
            paramLabel = "URL",
            description = "The database, as postgresql://USER@HOST:5432/alexa. Without it, database alexa where psql"
                    + " would look: PGHOST, PGPORT, PGUSER, PGPASSWORD, ~/.pgpass.")
    private Optional<String> address = Optional.empty();

    Server server() throws Refusal {
        return Server.find(address, System::getenv);
    }

    /** The one that a command finds without this option if it is run by sudo, which keeps no variables. */
    static Server bySudo() throws Refusal {
        return Server.find(Optional.empty(), unset -> null);
    }

    boolean isGiven() {
        return address.isPresent();
    }

    /** Of the option; or else the one of a Tomcat's settings, logged in as psql would. */
    Server serverOr(Optional<String> jdbcUrl) throws Refusal {
        // on this machine the socket is preferred, as without a host
        Optional<String> set = jdbcUrl.map(url ->
                url.substring("jdbc:".length()).replaceFirst("//(127\\.0\\.0\\.1|localhost|\\[::1])(?=[:/])", "//"));
        try {
            return Server.find(address.or(() -> set), System::getenv);
        } catch (Refusal severalHosts) {
            if (isGiven()) {
                throw severalHosts;
            }
            throw new Refusal(
                    "alexa.db.url of this Tomcat has more than one host",
                    "say which is the primary: --db postgresql://USER@HOST:5432/alexa");
        }
    }

    /** As psql does: asks for a password if the server wants one and none was given. */
    Connection connect() throws Refusal, SQLException {
        Server server = server();
        try {
            return server.connect();
        } catch (SQLException refused) {
            if (!server.wantsPassword(refused) || !Prompt.isThere()) {
                throw refused;
            }
            return server.withPassword(Prompt.secret("Password of " + server.user() + " at " + server.where()))
                    .connect();
        }
    }
}
