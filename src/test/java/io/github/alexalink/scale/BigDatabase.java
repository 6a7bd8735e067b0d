package io.github.alexalink.scale;

import io.github.alexalink.client.ClientCredentials;
import io.github.alexalink.fixture.TestDatabase;
import io.github.alexalink.protocol.Sha256;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.protocol.TokenKind;
import io.github.alexalink.run.Schema;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A database of its own with as many links and live access tokens as asked for, and days of codes, expired tokens and
 * audit events behind them. Every id and secret is made from a number, so that a test can name any row.
 */
final class BigDatabase {

    static final String REDIRECT_URI = "https://pitangui.amazon.com/api/skill/link/M2SCALE";

    /** Superseded refresh tokens behind each link of the client that rotates. */
    static final int REFRESHES = 24;

    private static final Map<String, BigDatabase> MADE = new HashMap<>();

    private static final String[] FILL = {
        // what a key refers to is there by construction: checking a million of them would be most of the time
        "SET session_replication_role = replica",
        "SET work_mem = '256MB'",
        """
        SELECT alexa.create_partition(t, (now() AT TIME ZONE 'UTC')::date - d)
          FROM (VALUES ('authorization_code', 7), ('access_token', 1), ('audit_event', 4)) AS p (t, days),
               generate_series(1, days) AS d
        """,
        """
        INSERT INTO alexa.account (username, password_hash, created_at, password_changed_at)
        SELECT 'listener-' || n, repeat('0a', 16) || '$100000$' || repeat('0b', 32),
               now() - interval '30 days', now() - interval '30 days'
          FROM generate_series(0, :links / 2) AS n
        """,
        // one link in a hundred is of a small client
        """
        INSERT INTO alexa.link (link_id, client_id, subject, account_id, scope, created_at)
        SELECT md5('link' || n)::uuid, CASE WHEN n % 100 = 0 THEN 'other' ELSE 'alexa' END,
               a.username, a.account_id, '{music.read,music.control}', now() - n % 600 * interval '1 hour'
          FROM generate_series(0, :links - 1) AS n
          JOIN alexa.account a ON a.username = 'listener-' || n % (:links / 2)
         ORDER BY 1
        """,
        """
        INSERT INTO alexa.refresh_token (link_id, token_hash, issued_at)
        SELECT md5('link' || n)::uuid, sha256(convert_to('alr_' || n, 'UTF8')), now() - n % 600 * interval '1 hour'
          FROM generate_series(0, :links - 1) AS n
         ORDER BY 1
        """,
        // of the small client, which rotates: a day of refreshes behind each link
        "UPDATE alexa.client SET rotate_refresh_token = true, refresh_token_idle = interval '90 days' WHERE client_id = 'other'",
        """
        INSERT INTO alexa.refresh_token (link_id, token_hash, predecessor_hash, issued_at, superseded_at, idle_until)
        SELECT md5('link' || n)::uuid, sha256(convert_to('alr_' || n || '-' || hour, 'UTF8')),
               sha256(convert_to('alr_' || n || '-' || hour - 1, 'UTF8')), now() - hour * interval '1 hour',
               now() - (hour - 1) * interval '1 hour', now() + interval '90 days'
          FROM generate_series(0, :links - 1, 100) AS n, generate_series(1, :refreshes) AS hour
         ORDER BY 1
        """,
        // live ones run out today and tomorrow
        """
        INSERT INTO alexa.access_token (link_id, token_hash, issued_at, expires_at)
        SELECT md5('link' || n % :links)::uuid, sha256(convert_to('ala_' || n, 'UTF8')), now(),
               now() + (1800 + n % 84000) * interval '1 second'
          FROM generate_series(0, :tokens - 1) AS n
         ORDER BY 1
        """,
        """
        INSERT INTO alexa.access_token (link_id, token_hash, issued_at, expires_at)
        SELECT md5('link' || n % :links)::uuid, sha256(convert_to('ala_' || n, 'UTF8')),
               midnight - n % 86400 * interval '1 second' - interval '1 hour',
               midnight - n % 86400 * interval '1 second'
          FROM generate_series(:tokens, :tokens + :tokens / 10) AS n,
               (SELECT date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' AS midnight) AS m
         ORDER BY 1
        """,
        // as many in each of seven days
        """
        INSERT INTO alexa.authorization_code
               (link_id, code_hash, client_id, redirect_uri, subject, scope, issued_at, expires_at, redeemed_at)
        SELECT md5('link' || n)::uuid, sha256(convert_to('alc_' || n, 'UTF8')),
               CASE WHEN n % 100 = 0 THEN 'other' ELSE 'alexa' END, ':redirect_uri', 'listener-' || n % (:links / 2),
               '{music.read,music.control}', expires_at - interval '5 minutes', expires_at,
               expires_at - interval '4 minutes'
          FROM generate_series(0, :links / 2) AS n,
               LATERAL (SELECT date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' + interval '1 day'
                               - (1 + n * 7919::bigint % (7 * 86400)) * interval '1 second' AS expires_at) AS e
         ORDER BY 1
        """,
        """
        INSERT INTO alexa.audit_event (occurred_at, event, link_id, client_id, subject)
        SELECT date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' + interval '1 day'
               - (1 + n * 7919::bigint % (3 * 86400)) * interval '1 second',
               CASE WHEN n % 10 = 0 THEN 'code_redeemed' ELSE 'token_refreshed' END,
               md5('link' || n % :links)::uuid, CASE WHEN n % :links % 100 = 0 THEN 'other' ELSE 'alexa' END,
               CASE WHEN n % 10 = 0 THEN 'listener-' || n % :links % (:links / 2) END
          FROM generate_series(0, :links * 2) AS n
        """,
        "RESET work_mem",
        "RESET session_replication_role"
    };

    private final String name;
    private final long links;
    private final long tokens;
    private ClientCredentials alexa;
    private ClientCredentials other;
    private ClientCredentials music;

    private BigDatabase(long links, long tokens) {
        this.name = TestDatabase.unique("scale_" + links).replace('-', '_');
        this.links = links;
        this.tokens = tokens;
    }

    /** The same one for whoever asks for the same size in this JVM. */
    static synchronized BigDatabase of(long links, long tokens) throws SQLException, IOException {
        BigDatabase made = MADE.get(links + "/" + tokens);
        if (made == null) {
            made = new BigDatabase(links, tokens);
            made.fill();
            MADE.put(links + "/" + tokens, made);
        }
        return made;
    }

    private void fill() throws SQLException, IOException {
        long start = System.nanoTime();
        TestDatabase.change("CREATE DATABASE " + name);
        if (tokens > 1_000_000) {
            roomForWal();
        }
        try (Connection connection = superuser();
                Statement statement = connection.createStatement()) {
            Schema.migrate(connection, TestDatabase.SQL);
            alexa = register(statement, "alexa");
            other = register(statement, "other");
            music = secret(
                    statement,
                    "music",
                    "alexa.register_resource_server(client_id => 'music', display_name => 'Music')");
            for (String sql : FILL) {
                statement.execute(sql.replace(":links", Long.toString(links))
                        .replace(":tokens", Long.toString(tokens))
                        .replace(":refreshes", Integer.toString(REFRESHES))
                        .replace(":redirect_uri", REDIRECT_URI));
            }
            tidy(statement);
        }
        System.out.printf(
                "SCALE: %,d links and %,d live access tokens in %s after %.1f s, %s%n",
                links,
                tokens,
                name,
                (System.nanoTime() - start) / 1e9,
                TestDatabase.ask("SELECT pg_size_pretty(pg_database_size(?))", name));
    }

    /** As a DBA would for a bulk load; with the default of 1 GB a checkpoint would follow the other. */
    static void roomForWal() throws SQLException {
        try (Connection connection = TestDatabase.shared().superuser();
                Statement statement = connection.createStatement()) {
            statement.execute("ALTER SYSTEM SET max_wal_size = '8GB'");
            statement.execute("SELECT pg_reload_conf()");
        }
    }

    /** What autovacuum would have done by now, and no more: it passes by partitioned parents and empty partitions. */
    private static void tidy(Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery("""
                SELECT string_agg(oid::regclass::text, ', ') FROM pg_class
                 WHERE relnamespace = 'alexa'::regnamespace AND relkind = 'r' AND pg_relation_size(oid) > 0
                """)) {
            row.next();
            String filled = row.getString(1);
            statement.execute("VACUUM (ANALYZE) " + filled);
        }
    }

    private static ClientCredentials register(Statement statement, String clientId) throws SQLException {
        return secret(
                statement,
                clientId,
                "alexa.register_client(client_id => '" + clientId
                        + "', display_name => 'Scale', redirect_uris => ARRAY['" + REDIRECT_URI + "'])");
    }

    private static ClientCredentials secret(Statement statement, String clientId, String registration)
            throws SQLException {
        try (ResultSet row = statement.executeQuery("SELECT client_secret FROM " + registration)) {
            row.next();
            return new ClientCredentials(clientId, List.of(Sha256.of(row.getString(1))), true);
        }
    }

    long links() {
        return links;
    }

    long tokens() {
        return tokens;
    }

    /** The client of 99 links in a hundred. */
    ClientCredentials alexa() {
        return alexa;
    }

    /** The client of the others; it rotates. */
    ClientCredentials other() {
        return other;
    }

    /** The resource server. */
    ClientCredentials music() {
        return music;
    }

    /** Of a link that is {@link #alexa()}'s: every hundredth is not. */
    static boolean isOfAlexa(long link) {
        return link % 100 != 0;
    }

    UUID linkId(long link) {
        try {
            ByteBuffer md5 = ByteBuffer.wrap(
                    MessageDigest.getInstance("MD5").digest(("link" + link).getBytes(StandardCharsets.US_ASCII)));
            return new UUID(md5.getLong(), md5.getLong());
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java platform has MD5", impossible);
        }
    }

    Token refreshToken(long link) {
        return new Token(TokenKind.REFRESH_TOKEN, linkId(link), "alr_" + link);
    }

    Token accessToken(long token) {
        return new Token(TokenKind.ACCESS_TOKEN, linkId(token % links), "ala_" + token);
    }

    /** Of a code that was redeemed long ago. */
    Token redeemedCode(long link) {
        return new Token(TokenKind.AUTHORIZATION_CODE, linkId(link), "alc_" + link);
    }

    /** As the WAR: role alexa_app, by password, a connection per call. */
    PGSimpleDataSource app() {
        PGSimpleDataSource source = (PGSimpleDataSource) TestDatabase.app();
        source.setDatabaseName(name);
        return source;
    }

    Connection superuser() throws SQLException {
        PGSimpleDataSource source = app();
        source.setUser("postgres");
        source.setPassword(TestDatabase.shared().superuserPassword());
        return source.getConnection();
    }
}
