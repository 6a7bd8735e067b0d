package io.github.alexalink.speed;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.client.ClientCredentials;
import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.AtOnce;
import io.github.alexalink.fixture.servers.CatalinaBase;
import io.github.alexalink.protocol.Sha256;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.protocol.TokenKind;
import io.github.alexalink.store.AccessTokenRepository;
import io.github.alexalink.store.AuthorizationCodeRepository;
import io.github.alexalink.store.Database;
import io.github.alexalink.store.RefreshTokenRepository;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.json.JSONObject;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * The WAL, the milliseconds and the locks of each request, and the bytes of a link in a year. Requests go over HTTP; only
 * locks and planning are measured on a JDBC connection, because they end with the transaction. Prints tables, and leaves
 * them in {@code target/bench-writes/figures.md}.
 *
 * <p>PostgreSQL makes no checkpoint and no autovacuum of its own meanwhile: either would fall into one row of the table
 * and not into the other.
 */
@Tag("bench")
@DisplayName("What a request writes into the database")
class WhatARequestWritesBench {

    private static final int LINKS = Integer.getInteger("bench.links", 100_000);

    /** Refreshes of so many links in five minutes, each link's once an hour. */
    private static final int FIVE_MINUTES = LINKS / 12;

    private static final int CHECKPOINTS = 3;

    /** As dba.md measured: more would wait for a processor, and the wait would count as time in the server. */
    private static final int CLIENTS = 2;

    private static final int TIMES_PLANNED = 300;
    private static final double HOURS_OF_A_YEAR = 24 * 365.25;

    /** Links that are refreshed again and again. */
    private static final int FEW = 100;

    /** Of {@link #FEW} the first so many were last used one hour ago, two, three … */
    private static final int HOURS = 25;

    private static final String[] PREPARE = {
        "ALTER SYSTEM SET max_wal_size = '16GB'",
        "ALTER SYSTEM SET checkpoint_timeout = '1d'",
        "ALTER SYSTEM SET autovacuum = off",
        "ALTER SYSTEM SET pg_stat_statements.track_planning = on",
        "SELECT pg_reload_conf()",
        "CREATE SCHEMA bench",
        // a code or a token as Token makes it, of a secret that is no secret here
        """
        CREATE FUNCTION bench.token(prefix text, link_id uuid, secret text) RETURNS text LANGUAGE sql AS
        $$ SELECT prefix || translate(encode(uuid_send(link_id) || sha256(convert_to(secret, 'UTF8')), 'base64'), '+/', '-_') $$
        """,
        "CREATE TABLE bench.link (n bigint PRIMARY KEY, link_id uuid, refresh_token text, last_used_at timestamptz)",
        "CREATE TABLE bench.code (link_id uuid, code text)",
        // those that are kept, as if it had run for long
        """
        SELECT alexa.create_partition(r.what, r.step, now() - d * interval '1 day')
          FROM alexa.retention r, generate_series(1, extract(epoch FROM r.keep)::int / 86400) AS d
         WHERE r.step IS NOT NULL
        """
    };

    /**
     * Links number :from to :to. Their numbers are the order in which they are refreshed, which is not the order in which
     * they were made.
     */
    private static final String[] FILL_LINKS = {
        // what a foreign key refers to is there by construction
        "SET session_replication_role = replica", """
        INSERT INTO bench.link
        SELECT n, link_id, bench.token(':refresh_prefix', link_id, 'refresh' || n), :last_used_at
          FROM generate_series(:from, :to - 1) AS n, LATERAL (SELECT md5('link' || n)::uuid) AS l (link_id)
        """, """
        INSERT INTO alexa.link (link_id, client_id, subject, scope, created_at)
        SELECT link_id, 'alexa', 'listener.' || n || '@example.org', '{music.read,music.control}',
               now() - interval '30 days'
          FROM bench.link WHERE n >= :from ORDER BY md5(n::text)
        """, """
        INSERT INTO alexa.refresh_token (link_id, token_hash, issued_at, last_used_at)
        SELECT link_id, sha256(convert_to(refresh_token, 'UTF8')), now() - interval '30 days', last_used_at
          FROM bench.link WHERE n >= :from ORDER BY md5(n::text)
        """, "RESET session_replication_role"
    };

    /**
     * The access tokens of half a day, in the order in which they were issued and in the partition into which those of
     * now go. What time of the day it is decides only how close together their moments are.
     */
    private static final String FILL_ACCESS_TOKENS = """
        INSERT INTO alexa.access_token (minted_at, link_id, token_hash, issued_at, expires_at)
        SELECT date_trunc('second', moment), l.link_id, sha256(convert_to('access' || i, 'UTF8')), moment,
               moment + interval '1 hour'
          FROM (SELECT now() AS latest) AS n,
               LATERAL (SELECT date_trunc('day', latest AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' AS midnight) AS m,
               generate_series(0, 12 * :links - 1) AS i
          JOIN bench.link l ON l.n = i % :links,
               LATERAL (SELECT midnight + (latest - midnight) * (i / (12.0 * :links))::float8 AS moment) AS t
         ORDER BY i
        """;

    private static final String[] FILL_CODES = {"TRUNCATE bench.code", """
        INSERT INTO bench.code
        SELECT link_id, bench.token(':code_prefix', link_id, 'code' || n)
          FROM generate_series(1, :codes) AS n, LATERAL (SELECT gen_random_uuid() WHERE n > 0) AS l (link_id)
        """, """
        INSERT INTO alexa.authorization_code (link_id, code_hash, client_id, redirect_uri, subject, scope, expires_at)
        SELECT link_id, sha256(convert_to(code, 'UTF8')), 'alexa', ':redirect_uri', 'somebody@example.org',
               '{music.read,music.control}', now() + interval '10 minutes'
          FROM bench.code
        """};

    private static final String HOURS_UNTIL_WRITTEN = "SELECT min(b.n) + 1 FROM bench.link b"
            + " JOIN alexa.refresh_token r ON r.link_id = b.link_id WHERE r.last_used_at > b.last_used_at AND b.n < ?";

    private static final Path FOLDER = Path.of("target/bench-writes").toAbsolutePath();
    private static final List<String> OUTPUT = new ArrayList<>();

    private static Server server;
    private static Alexa alexa;
    private static String musicServer;
    private static ClientCredentials alexaCredentials;
    private static ClientCredentials musicServerCredentials;
    private static List<String> refreshTokens;

    /** What the statements did that were sent with each request, by pg_stat_statements; the least is of one alone. */
    private record Statements(
            double count,
            double planMs,
            double execMs,
            double fullPages,
            double pagesDirtied,
            double leastPlanMs,
            double leastExecMs) {}

    /** What was measured of one kind of request. */
    private record Measured(List<String> answers, long walBytesEach) {}

    /** The rows of a table, and the bytes of their heap and indexes. */
    private record Size(long rows, long heap, long index) {

        Size and(Size other) {
            return new Size(rows + other.rows, heap + other.heap, index + other.index);
        }
    }

    @BeforeAll
    static void start() throws Exception {
        server = new Server(FOLDER);
        for (String sql : PREPARE) {
            server.ask(sql);
        }
        String secret = server.ask("SELECT client_secret FROM alexa.register_client(client_id => 'alexa',"
                + " display_name => 'Amazon Alexa', redirect_uris => ARRAY['" + Alexa.PITANGUI + "'])");
        String proof =
                server.ask("SELECT client_secret FROM alexa.register_resource_server(client_id => 'music-server',"
                        + " display_name => 'Music server')");
        alexa = Alexa.registered(server.issuer(), "alexa", secret);
        musicServer = Alexa.basic("music-server", proof);
        alexaCredentials = new ClientCredentials("alexa", List.of(Sha256.of(secret)), true);
        musicServerCredentials = new ClientCredentials("music-server", List.of(Sha256.of(proof)), true);
        server.start("/alexa/health");
    }

    @AfterAll
    static void stop() throws IOException {
        if (server != null) {
            server.close();
            CatalinaBase.delete(FOLDER.resolve("postgres"));
        }
    }

    @Test
    void every_request_and_a_link_in_a_year() throws Exception {
        say("- " + server.ask("SELECT version()"));
        say("- "
                + server.ask("SELECT string_agg(name || ' = ' || setting, ', ' ORDER BY name) FROM pg_settings"
                        + " WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit', 'wal_log_hints', 'data_checksums',"
                        + " 'wal_compression', 'shared_buffers', 'autovacuum')"));
        fillLinks(0, FEW, "now() - (least(n, " + HOURS + ") + 1) * interval '1 hour' - interval '1 minute'");
        int hours = hoursUntilLastUseIsWritten();
        say("- %d processors, %,d links, %d clients; a last use is written again after %d h"
                .formatted(Runtime.getRuntime().availableProcessors(), LINKS, CLIENTS, hours));
        // of ten links one was used an hour ago, one a day ago, and eight as in life, the lowest number first
        fillLinks(
                FEW,
                LINKS,
                "now() - CASE n % 10 WHEN 0 THEN interval '61 minutes' WHEN 1 THEN interval '25 hours'"
                        + " ELSE interval '1 hour' * (1 + n % " + hours + ") + (" + LINKS
                        + " - n) * interval '1 hour' / "
                        + LINKS + " END");
        server.ask(FILL_ACCESS_TOKENS.replace(":links", Integer.toString(LINKS)));
        tidy();
        refreshTokens = column("SELECT refresh_token FROM bench.link ORDER BY n");
        warmUp();

        say("");
        say("| Request | requests | a second | WAL bytes | full pages | pages dirtied | statements | ms in the server"
                + " | of these planning | ms of processor | load |");
        say("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
        Map<String, Size> before = sizes();
        int refreshes = 0;
        List<String> hourAgo = some(FIVE_MINUTES, n -> n >= FEW && n % 10 == 0);
        refreshes += hourAgo.size();
        measure("refresh, each link once, used an hour ago", List.of(hourAgo), alexa::refresh);
        refreshes += hourAgo.size();
        // as autovacuum would: who reads a changed row first writes to its page that it is committed
        tidy();
        measure("the same links once more, used a minute ago", List.of(shuffled(hourAgo)), alexa::refresh);
        List<String> dayAgo = some(FIVE_MINUTES, n -> n >= FEW && n % 10 == 1);
        refreshes += dayAgo.size();
        measure("refresh, each link once, used a day ago", List.of(dayAgo), alexa::refresh);
        List<List<String>> life = inOrder();
        refreshes += life.stream().mapToInt(List::size).sum();
        Measured asInLife = measure(
                "refresh, as in life: each an hour after its last, " + CHECKPOINTS + " checkpoints",
                life,
                alexa::refresh);
        List<String> again = IntStream.range(0, FIVE_MINUTES)
                .mapToObj(i -> refreshTokens.get(i % FEW))
                .toList();
        refreshes += again.size();
        measure("refresh, " + FEW + " links again and again", List.of(again), alexa::refresh);
        List<String> live = shuffled(asInLife.answers().stream()
                .skip((CHECKPOINTS - 1L) * FIVE_MINUTES)
                .map(WhatARequestWritesBench::accessToken)
                .toList());
        measure("introspection, each token for the first time", List.of(live), WhatARequestWritesBench::introspect);
        measure("introspection of the same tokens", List.of(live), WhatARequestWritesBench::introspect);
        // not sooner, because it reads every row
        Map<String, Size> after = sizes();
        measure("code exchange", List.of(codes(FIVE_MINUTES / 2)), alexa::exchange);

        locks(live.get(0));
        aYear(before, after, refreshes);
        say("");
        say("- WAL of an hourly link in a year, as in life: %.1f MB"
                .formatted(asInLife.walBytesEach() * HOURS_OF_A_YEAR / 1e6));
        Files.write(FOLDER.resolve("figures.md"), OUTPUT);
    }

    private static void fillLinks(int from, int to, String lastUsedAt) throws SQLException {
        run(
                FILL_LINKS,
                Map.of(
                        ":last_used_at",
                        lastUsedAt,
                        ":refresh_prefix",
                        TokenKind.REFRESH_TOKEN.prefix(),
                        ":from",
                        Integer.toString(from),
                        ":to",
                        Integer.toString(to)));
    }

    /** Refreshes links that were last used one hour ago, two, three …; returns the hours of the first that was written. */
    private static int hoursUntilLastUseIsWritten() throws SQLException {
        for (String token : column("SELECT refresh_token FROM bench.link WHERE n < " + HOURS)) {
            assertThat(alexa.refresh(token).statusCode()).isEqualTo(200);
        }
        return Integer.parseInt(server.ask(HOURS_UNTIL_WRITTEN, HOURS));
    }

    /** New codes, which nobody has redeemed. */
    private static List<String> codes(int count) throws SQLException {
        run(
                FILL_CODES,
                Map.of(
                        ":codes",
                        Integer.toString(count),
                        ":code_prefix",
                        TokenKind.AUTHORIZATION_CODE.prefix(),
                        ":redirect_uri",
                        Alexa.PITANGUI));
        return column("SELECT code FROM bench.code");
    }

    /** As autovacuum would have by now; an empty partition it passes by. */
    private static void tidy() throws SQLException {
        server.ask("VACUUM (ANALYZE) "
                + server.ask("SELECT string_agg(oid::regclass::text, ', ') FROM pg_class WHERE relkind = 'r'"
                        + " AND relnamespace = 'alexa'::regnamespace AND pg_relation_size(oid) > 0"));
    }

    /** Every path compiled, and every statement prepared on the connections that two clients use. */
    private static void warmUp() throws Exception {
        List<String> few = IntStream.range(0, 3000)
                .mapToObj(i -> refreshTokens.get(i % FEW))
                .toList();
        send(few, alexa::refresh);
        List<String> answers = send(codes(1000), alexa::exchange);
        send(answers.stream().map(WhatARequestWritesBench::accessToken).toList(), WhatARequestWritesBench::introspect);
    }

    /** Refresh tokens of links with such numbers, in random order. */
    private static List<String> some(int count, IntPredicate which) {
        List<String> found = shuffled(IntStream.range(0, LINKS)
                .filter(which)
                .mapToObj(refreshTokens::get)
                .toList());
        return found.subList(0, Math.min(count, found.size()));
    }

    /** Refresh tokens that are due in the next minutes, in parts with a checkpoint before each. */
    private static List<List<String>> inOrder() {
        List<String> next = IntStream.range(FEW, LINKS)
                .filter(n -> n % 10 > 1)
                .mapToObj(refreshTokens::get)
                .toList();
        return IntStream.range(0, CHECKPOINTS)
                .mapToObj(i -> next.subList(i * FIVE_MINUTES, (i + 1) * FIVE_MINUTES))
                .toList();
    }

    private static List<String> shuffled(List<String> values) {
        List<String> shuffled = new ArrayList<>(values);
        Collections.shuffle(shuffled, new Random(20261130));
        return shuffled;
    }

    private static HttpResponse<String> introspect(String accessToken) {
        HttpResponse<String> reply =
                alexa.post("/introspect", "token=" + accessToken, Map.of("Authorization", musicServer));
        assertThat(reply.body()).contains("\"active\":true");
        return reply;
    }

    private static String accessToken(String answer) {
        return new JSONObject(answer).getString("access_token");
    }

    /** Sends a request for each value, from a few clients in a closed loop; returns the answers. */
    private static List<String> send(List<String> values, Function<String, HttpResponse<String>> request)
            throws Exception {
        Queue<String> waiting = new ConcurrentLinkedQueue<>(values);
        Queue<String> answers = new ConcurrentLinkedQueue<>();
        AtOnce.times(CLIENTS, () -> {
            for (String value = waiting.poll(); value != null; value = waiting.poll()) {
                HttpResponse<String> reply = request.apply(value);
                assertThat(reply.statusCode()).as(reply.body()).isEqualTo(200);
                answers.add(reply.body());
            }
            return null;
        });
        return List.copyOf(answers);
    }

    /** Sends these parts, a checkpoint before each, and says what one request was. */
    private static Measured measure(
            String what, List<List<String>> parts, Function<String, HttpResponse<String>> request) throws Exception {
        List<String> answers = new ArrayList<>();
        long walBytes = 0;
        double seconds = 0;
        double processor = 0;
        resetStatements();
        for (List<String> part : parts) {
            server.ask("CHECKPOINT");
            walBytes -= walPosition();
            processor -= server.postgresCpu();
            long start = System.nanoTime();
            answers.addAll(send(part, request));
            seconds += (System.nanoTime() - start) / 1e9;
            processor += server.postgresCpu();
            walBytes += walPosition();
        }
        int requests = answers.size();
        Statements each = statements(requests);
        say("| %s | %,d | %,.0f | %,d | %.3f | %.3f | %.2f | %.3f | %.3f | %.3f | %.1f |"
                .formatted(
                        what,
                        requests,
                        requests / seconds,
                        walBytes / requests,
                        each.fullPages(),
                        each.pagesDirtied(),
                        each.count(),
                        each.planMs() + each.execMs(),
                        each.planMs(),
                        processor / requests * 1e3,
                        load()));
        return new Measured(answers, walBytes / requests);
    }

    private static long walPosition() throws SQLException {
        return Long.parseLong(server.ask("SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint"));
    }

    private static void resetStatements() throws SQLException {
        server.ask("SELECT pg_stat_statements_reset()");
    }

    /** Per request; upkeep and health, which nobody asked for, were sent less often. */
    private static Statements statements(int requests) throws SQLException {
        try (Connection connection = server.postgres().superuser();
                PreparedStatement statement = connection.prepareStatement(
                        "SELECT sum(calls), sum(total_plan_time), sum(total_exec_time), sum(wal_fpi), sum(shared_blks_dirtied),"
                                + " min(min_plan_time) FILTER (WHERE plans > 0), min(min_exec_time)"
                                + " FROM pg_stat_statements WHERE userid = 'alexa_app'::regrole AND calls > ?"
                                + " AND query NOT IN ('BEGIN', 'ROLLBACK')")) {
            statement.setInt(1, requests / 2);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return new Statements(
                        row.getDouble(1) / requests,
                        row.getDouble(2) / requests,
                        row.getDouble(3) / requests,
                        row.getDouble(4) / requests,
                        row.getDouble(5) / requests,
                        row.getDouble(6),
                        row.getDouble(7));
            }
        }
    }

    private static void locks(String accessToken) throws Exception {
        Token refreshToken = Token.parse(TokenKind.REFRESH_TOKEN, refreshTokens.get(LINKS - 1))
                .orElseThrow();
        Token code = Token.parse(TokenKind.AUTHORIZATION_CODE, codes(1).get(0)).orElseThrow();
        Token live = Token.parse(TokenKind.ACCESS_TOKEN, accessToken).orElseThrow();
        AuthorizationCodeRepository.CodeRedemption redemption = new AuthorizationCodeRepository.CodeRedemption(
                alexaCredentials, code, Alexa.PITANGUI, Optional.empty());
        say("");
        say("| Statement | plan | relations locked | of these not by the fast path | planning ms | at least"
                + " | running ms | at least | load |");
        say("|---|---|--:|--:|--:|--:|--:|--:|--:|");
        locks("refresh", database -> new RefreshTokenRepository(database)
                .refresh(
                        new RefreshTokenRepository.Refresh(alexaCredentials, refreshToken, Optional.empty()),
                        Token.issue(TokenKind.ACCESS_TOKEN, refreshToken.linkId()),
                        Token.issue(TokenKind.REFRESH_TOKEN, refreshToken.linkId()))
                .isPresent());
        locks("code exchange", database -> new AuthorizationCodeRepository(database)
                .redeem(
                        redemption,
                        Token.issue(TokenKind.ACCESS_TOKEN, code.linkId()),
                        Token.issue(TokenKind.REFRESH_TOKEN, code.linkId()))
                .isPresent());
        Token issued = Token.issue(TokenKind.ACCESS_TOKEN, code.linkId());
        assertThat(new AuthorizationCodeRepository(new Database(server.app()))
                        .redeem(redemption, issued, Token.issue(TokenKind.REFRESH_TOKEN, code.linkId())))
                .isPresent();
        locks("code exchange, answered", database -> {
            new AuthorizationCodeRepository(database).answered(code, issued);
            return true;
        });
        locks("introspection", database -> new AccessTokenRepository(database)
                .introspect(musicServerCredentials, Optional.of(live))
                .orElseThrow()
                .live()
                .isPresent());
    }

    /** Runs one statement often on one connection, with either plan, and takes it back each time. */
    private static void locks(String what, Floor.Statement statement) throws Exception {
        for (String plan : List.of("custom", "generic")) {
            PGSimpleDataSource app = (PGSimpleDataSource) server.app();
            app.setPrepareThreshold(1);
            int[] locked = new int[2];
            try (Connection connection = app.getConnection();
                    Statement set = connection.createStatement()) {
                set.execute("SET plan_cache_mode = force_" + plan + "_plan");
                connection.setAutoCommit(false);
                Database database = new Database(takingBack(connection, locked));
                statement.run(database); // a generic plan is made now
                resetStatements();
                int found = 0;
                for (int i = 0; i < TIMES_PLANNED; i++) {
                    found += statement.run(database) ? 1 : 0;
                }
                // a redemption that took 300 ms looks whether it is still unanswered, and by then it is taken back
                assertThat(found).isGreaterThan(TIMES_PLANNED / 2);
            }
            Statements each = statements(TIMES_PLANNED);
            say("| %s | %s | %d | %d | %.3f | %.3f | %.3f | %.3f | %.1f |"
                    .formatted(
                            what,
                            plan,
                            locked[0],
                            locked[1],
                            each.planMs(),
                            each.leastPlanMs(),
                            each.execMs(),
                            each.leastExecMs(),
                            load()));
        }
    }

    /** A source that always has this connection. In place of closing it the locks are counted and all is taken back. */
    private static DataSource takingBack(Connection connection, int[] locked) {
        Connection kept = Floor.proxy(Connection.class, (proxy, method, arguments) -> {
            if (!method.getName().equals("close")) {
                return method.invoke(connection, arguments);
            }
            if (locked[0] == 0) {
                // relations of ours: the view of the locks is locked too
                try (Statement statement = connection.createStatement();
                        ResultSet row = statement.executeQuery(
                                "SELECT count(DISTINCT l.relation), count(DISTINCT l.relation) FILTER (WHERE NOT l.fastpath)"
                                        + " FROM pg_locks l JOIN pg_class c ON c.oid = l.relation"
                                        + " WHERE l.pid = pg_backend_pid() AND c.relnamespace = 'alexa'::regnamespace")) {
                    row.next();
                    locked[0] = row.getInt(1);
                    locked[1] = row.getInt(2);
                }
            }
            connection.rollback();
            return null;
        });
        return Floor.proxy(DataSource.class, (proxy, method, arguments) -> kept);
    }

    /** Each table of the schema with what its partitions have together. */
    private static Map<String, Size> sizes() throws SQLException {
        Map<String, Size> sizes = new TreeMap<>();
        try (Connection connection = server.postgres().superuser();
                Statement statement = connection.createStatement();
                Statement counting = connection.createStatement();
                ResultSet leaf = statement.executeQuery(
                        "SELECT coalesce(p.relname, c.relname), c.oid::regclass, pg_relation_size(c.oid), pg_indexes_size(c.oid)"
                                + " FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid"
                                + " LEFT JOIN pg_class p ON p.oid = i.inhparent"
                                + " WHERE c.relkind = 'r' AND c.relnamespace = 'alexa'::regnamespace"
                                + " AND pg_relation_size(c.oid) > 0")) {
            while (leaf.next()) {
                try (ResultSet count = counting.executeQuery("SELECT count(*) FROM " + leaf.getString(2))) {
                    count.next();
                    sizes.merge(
                            leaf.getString(1), new Size(count.getLong(1), leaf.getLong(3), leaf.getLong(4)), Size::and);
                }
            }
        }
        return sizes;
    }

    /** What a link that is refreshed once an hour adds, by the rows that these refreshes have added. */
    private static void aYear(Map<String, Size> before, Map<String, Size> after, int refreshes) throws SQLException {
        say("");
        say("| Table | rows of a refresh | heap bytes of a row | index bytes of a row | kept days"
                + " | kept kB of an hourly link | written MB in a year |");
        say("|---|--:|--:|--:|--:|--:|--:|");
        double keptKb = 0;
        double writtenMb = 0;
        for (Map.Entry<String, Size> table : after.entrySet()) {
            Size now = table.getValue();
            Size then = before.getOrDefault(table.getKey(), new Size(0, 0, 0));
            long rows = now.rows() - then.rows();
            if (rows == 0) {
                continue;
            }
            double each = (double) rows / refreshes;
            double heap = (double) (now.heap() - then.heap()) / rows;
            // of all rows: full pages split at about the same time
            double index = (double) now.index() / now.rows();
            // a partition is dropped once its last row is so old, and has the rows of a day or a month
            String keep = server.ask(
                    "SELECT extract(epoch FROM keep) / 86400 + CASE step WHEN 'month' THEN 30 ELSE 1 END"
                            + " FROM alexa.retention WHERE what = ?",
                    table.getKey());
            double days = keep == null ? Double.NaN : Double.parseDouble(keep);
            double kb = each * 24 * days * (heap + index) / 1e3;
            double mb = each * HOURS_OF_A_YEAR * (heap + index) / 1e6;
            keptKb += kb;
            writtenMb += mb;
            say("| %s | %.3f | %.1f | %.1f | %.0f | %.1f | %.2f |"
                    .formatted(table.getKey(), each, heap, index, days, kb, mb));
        }
        say("| all |  |  |  |  | %.1f | %.2f |".formatted(keptKb, writtenMb));
    }

    /** Of the last minute, the bench included. */
    private static double load() {
        return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    }

    private static void run(String[] statements, Map<String, String> values) throws SQLException {
        try (Connection connection = server.postgres().superuser();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                String filled = sql;
                for (Map.Entry<String, String> value : values.entrySet()) {
                    filled = filled.replace(value.getKey(), value.getValue());
                }
                statement.execute(filled);
            }
        }
    }

    private static List<String> column(String sql) throws SQLException {
        try (Connection connection = server.postgres().superuser();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            List<String> values = new ArrayList<>();
            while (row.next()) {
                values.add(row.getString(1));
            }
            return values;
        }
    }

    private static void say(String line) {
        Bench.say(line);
        OUTPUT.add(line);
    }
}
