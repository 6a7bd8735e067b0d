package io.github.alexalink.speed;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.client.ClientCredentials;
import io.github.alexalink.fixture.LeftOut;
import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.AtOnce;
import io.github.alexalink.protocol.Sha256;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.protocol.TokenKind;
import io.github.alexalink.store.AccessTokenRepository;
import io.github.alexalink.store.AuthorizationCodeRepository;
import io.github.alexalink.store.AuthorizationCodeRepository.CodeRedemption;
import io.github.alexalink.store.ClientRepository;
import io.github.alexalink.store.Database;
import io.github.alexalink.store.RefreshTokenRepository;
import io.github.alexalink.store.RefreshTokenRepository.Refresh;
import io.github.alexalink.tool.PasswordHash;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Measures requests per second of each endpoint, beside the floor of the same run. Prints a table, and writes it to
 * {@code target/bench/figures.md} for {@code docs/performance.md}.
 *
 * <p>{@code -Dbench.only=refresh} measures refreshes alone, {@code -Dbench.options=-Dalexa.db.pool=20} passes options to
 * Tomcat's JVM, and {@code JAVA_HOME} chooses the JVM.
 */
@Tag("bench")
class SpeedBench {

    private static final int SECONDS = Integer.getInteger("bench.seconds", 10);
    private static final int[] CLIENTS = {1, 8, 32};
    private static final int LINKS = 20_000;

    /** More codes than clients redeem during a measurement. */
    private static final int CODES_PER_SECOND = 6000;

    private static final String PASSWORD = "correct-horse-battery-staple";

    private static final Path FOLDER = Path.of("target/bench").toAbsolutePath();
    private static final List<String> OUTPUT = new ArrayList<>();

    /** Codes for the floor. */
    private static final Queue<Token> CODES = new ConcurrentLinkedQueue<>();

    private static Server server;
    private static Floor floor;
    private static ClientCredentials alexa;
    private static ClientCredentials musicServer;
    private static String alexaBasic;
    private static String musicServerBasic;
    private static String authorizationRequest;
    private static final List<Token> accessTokens = new ArrayList<>();
    private static final List<Token> refreshTokens = new ArrayList<>();

    /** One kind of request: how it is sent, and its floor. */
    private record Kind(String name, Load load, Optional<Floor.Statement> floor) {}

    /** Measures with that many clients. */
    @FunctionalInterface
    private interface Load {
        Result with(int clients) throws Exception;
    }

    @BeforeAll
    static void start() throws Exception {
        if (!Wrk.isInstalled()) {
            String why = "the bench needs wrk: apt-get install wrk";
            LeftOut.evenInCi(why);
        }
        server = new Server(FOLDER);
        floor = new Floor(server.app());
        server.ask("SELECT 'done', alexa.add_account('anna', ?)", PasswordHash.of(PASSWORD));
        String secret = server.ask("SELECT client_secret FROM alexa.register_client(client_id => 'alexa',"
                + " display_name => 'Amazon Alexa', redirect_uris => ARRAY['" + Alexa.PITANGUI + "'])");
        String proof =
                server.ask("SELECT client_secret FROM alexa.register_resource_server(client_id => 'music-server',"
                        + " display_name => 'Music server')");
        alexa = new ClientCredentials("alexa", List.of(Sha256.of(secret)), true);
        musicServer = new ClientCredentials("music-server", List.of(Sha256.of(proof)), true);
        alexaBasic = Alexa.basic("alexa", secret);
        musicServerBasic = Alexa.basic("music-server", proof);
        authorizationRequest = Alexa.encoded(Map.of(
                "client_id",
                "alexa",
                "response_type",
                "code",
                "scope",
                "music.read music.control",
                "redirect_uri",
                Alexa.PITANGUI,
                "state",
                Alexa.STATE));
        Files.createDirectories(FOLDER);
    }

    @AfterAll
    static void stop() throws IOException {
        if (server != null) {
            server.close();
        }
    }

    @Test
    void every_endpoint_at_1_8_and_32_clients() throws Exception {
        starting();
        link(LINKS);
        say("");
        say("| Request | Clients | a second | p50 ms | p95 ms | p99 ms | errors | Tomcat µs | PostgreSQL µs"
                + " | floor a second | floor p99 ms | floor PostgreSQL µs | of the floor | p99 to the floor's |");
        say("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
        List<Kind> kinds = kinds().stream()
                .filter(kind -> kind.name().contains(System.getProperty("bench.only", "")))
                .toList();
        freshCodes();
        for (Kind kind : kinds) { // every path compiled, every connection open, every statement prepared
            kind.load().with(8);
        }
        for (Kind kind : kinds) {
            for (int clients : CLIENTS) {
                measure(kind, clients);
            }
        }
        say("");
        say("- Statements of alexa_app for a refresh, by pg_stat_statements: " + statementsPerRefresh());
        say("- In memory after all of it: " + server.rss() + " MiB");
        Files.write(FOLDER.resolve("figures.md"), OUTPUT);
    }

    private static void starting() throws Exception {
        String page = "/alexa/authorize?" + authorizationRequest;
        server.start(page); // unpacks the WARs
        List<Double> seconds = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            server.stop();
            seconds.add(server.start(page));
        }
        Collections.sort(seconds);
        TimeUnit.SECONDS.sleep(20);
        say("- From the command to the first page, five starts: %.2f s, at worst %.2f s"
                .formatted(seconds.get(2), seconds.get(4)));
        say("- Idle in memory, 20 s after the first page, both WARs: " + server.rss() + " MiB");
        say("- alexa.war: %.1f MB".formatted(Files.size(Path.of("target/alexa.war")) / 1e6));
    }

    private static List<Kind> kinds() throws IOException {
        Path refreshes = file(
                "refreshes",
                refreshTokens.stream()
                        .map(token -> "grant_type=refresh_token&refresh_token=" + token.value())
                        .toList());
        Path tokens = file("tokens", accessTokens.stream().map(Token::value).toList());
        Path introspections = file(
                "introspections",
                accessTokens.stream().map(token -> "token=" + token.value()).toList());
        return List.of(
                new Kind(
                        "authorize page",
                        clients -> Wrk.load(
                                "request.lua",
                                server.issuer() + "/authorize?" + authorizationRequest,
                                clients,
                                SECONDS,
                                "get"),
                        Optional.of(database -> new ClientRepository(database)
                                .byId("alexa", "en")
                                .isPresent())),
                new Kind(
                        "whole link, password hashed",
                        clients -> Wrk.load(
                                "link.lua",
                                server.root(),
                                clients,
                                clients,
                                SECONDS,
                                "/alexa",
                                authorizationRequest,
                                alexaBasic,
                                "anna",
                                PASSWORD),
                        Optional.empty()),
                new Kind("code exchange", SpeedBench::exchange, Optional.of(SpeedBench::redeem)),
                new Kind(
                        "refresh",
                        clients -> Wrk.load(
                                "request.lua",
                                server.issuer() + "/token",
                                clients,
                                SECONDS,
                                "again",
                                refreshes.toString(),
                                alexaBasic),
                        Optional.of(SpeedBench::refresh)),
                new Kind(
                        "introspect",
                        clients -> Wrk.load(
                                "request.lua",
                                server.issuer() + "/introspect",
                                clients,
                                SECONDS,
                                "again",
                                introspections.toString(),
                                musicServerBasic),
                        Optional.of(database -> new AccessTokenRepository(database)
                                .introspect(musicServer, Optional.of(any(accessTokens)))
                                .orElseThrow()
                                .live()
                                .isPresent())),
                new Kind(
                        "music server, through the Valve",
                        clients -> Wrk.load(
                                "request.lua",
                                server.root() + "/music-server/api/library",
                                clients,
                                SECONDS,
                                "bearer",
                                tokens.toString()),
                        Optional.of(database -> new AccessTokenRepository(database)
                                .live(any(accessTokens))
                                .isPresent())));
    }

    /**
     * Measures the floor half before and half after, so that a machine that speeds up or slows down meanwhile favours
     * neither.
     */
    private static void measure(Kind kind, int clients) throws Exception {
        if (kind.name().equals("code exchange")) {
            freshCodes();
        }
        double floorPostgres = -server.postgresCpu();
        Optional<Floor.Run> before = floor(kind, clients);
        double tomcat = -server.tomcatCpu();
        double postgres = -server.postgresCpu();
        floorPostgres -= postgres;
        Result result = kind.load().with(clients);
        tomcat += server.tomcatCpu();
        double now = server.postgresCpu();
        postgres += now;
        Optional<Floor.Run> after = floor(kind, clients);
        floorPostgres += server.postgresCpu() - now;
        String least = "|  |  |  |  | ";
        if (before.isPresent() && after.isPresent()) {
            Result floor = before.get().and(after.get()).result();
            least = "| %,.0f | %.2f | %,.0f | %.2f | %.1f"
                    .formatted(
                            floor.perSecond(),
                            floor.p99(),
                            floorPostgres / floor.requests() * 1e6,
                            result.perSecond() / floor.perSecond(),
                            result.p99() / floor.p99());
        }
        say("| %s | %d | %,.0f | %.2f | %.2f | %.2f | %d | %,.0f | %,.0f %s |"
                .formatted(
                        kind.name(),
                        clients,
                        result.perSecond(),
                        result.p50(),
                        result.p95(),
                        result.p99(),
                        result.errors(),
                        tomcat / result.requests() * 1e6,
                        postgres / result.requests() * 1e6,
                        least));
    }

    private static Optional<Floor.Run> floor(Kind kind, int clients) throws Exception {
        if (kind.floor().isEmpty()) {
            return Optional.empty();
        }
        Floor.Run run = floor.measure(
                clients, Duration.ofSeconds(SECONDS).dividedBy(2), kind.floor().get());
        TimeUnit.MILLISECONDS.sleep(500); // PostgreSQL needs a moment to count the seconds of ended connections
        return Optional.of(run);
    }

    /** Statements per refresh, counted by PostgreSQL while only refreshes are sent. */
    private static String statementsPerRefresh() throws Exception {
        server.ask("SELECT pg_stat_statements_reset()");
        Kind refresh = kinds().stream()
                .filter(kind -> kind.name().equals("refresh"))
                .findFirst()
                .orElseThrow();
        Result result = refresh.load().with(8);
        String calls = server.ask("SELECT sum(calls) FROM pg_stat_statements WHERE userid = 'alexa_app'::regrole"
                + " AND query NOT LIKE '%maintain%'");
        return calls + " for " + result.requests() + " refreshes";
    }

    /** Makes new codes, as many as can be redeemed: a file for wrk, and a queue for the floor. */
    private static void freshCodes() throws Exception {
        CODES.clear();
        CODES.addAll(codes(SECONDS * CODES_PER_SECOND));
        file(
                "codes",
                codes(SECONDS * CODES_PER_SECOND).stream()
                        .map(code -> "grant_type=authorization_code&redirect_uri=" + Alexa.PITANGUI + "&code="
                                + code.value())
                        .toList());
        server.ask("CHECKPOINT"); // otherwise the first measurement waits while dirty pages are written
    }

    private static Result exchange(int clients) throws Exception {
        return Wrk.load(
                "request.lua",
                server.issuer() + "/token",
                clients,
                SECONDS,
                "once",
                FOLDER.resolve("codes").toString(),
                alexaBasic);
    }

    private static boolean redeem(Database database) throws SQLException {
        Token code = CODES.remove();
        Token accessToken = Token.issue(TokenKind.ACCESS_TOKEN, code.linkId());
        AuthorizationCodeRepository tokens = new AuthorizationCodeRepository(database);
        boolean redeemed = tokens.redeem(
                        new CodeRedemption(alexa, code, Alexa.PITANGUI, Optional.empty()),
                        accessToken,
                        Token.issue(TokenKind.REFRESH_TOKEN, code.linkId()))
                .isPresent();
        tokens.answered(code, accessToken);
        return redeemed;
    }

    private static boolean refresh(Database database) throws SQLException {
        Token token = any(refreshTokens);
        return new RefreshTokenRepository(database)
                .refresh(
                        new Refresh(alexa, token, Optional.empty()),
                        Token.issue(TokenKind.ACCESS_TOKEN, token.linkId()),
                        Token.issue(TokenKind.REFRESH_TOKEN, token.linkId()))
                .isPresent();
    }

    private static Token any(List<Token> tokens) {
        return tokens.get(ThreadLocalRandom.current().nextInt(tokens.size()));
    }

    /** Links as the WAR makes them, from codes, without pages. */
    private static void link(int count) throws Exception {
        Queue<Token> codes = new ConcurrentLinkedQueue<>(codes(count));
        Queue<Token[]> issued = new ConcurrentLinkedQueue<>();
        AtOnce.times(4, () -> {
            try (Connection connection = server.app().getConnection()) {
                AuthorizationCodeRepository repository =
                        new AuthorizationCodeRepository(new Database(Floor.single(connection)));
                for (Token code = codes.poll(); code != null; code = codes.poll()) {
                    Token[] tokens = {
                        Token.issue(TokenKind.ACCESS_TOKEN, code.linkId()),
                        Token.issue(TokenKind.REFRESH_TOKEN, code.linkId())
                    };
                    assertThat(repository.redeem(
                                    new CodeRedemption(alexa, code, Alexa.PITANGUI, Optional.empty()),
                                    tokens[0],
                                    tokens[1]))
                            .isPresent();
                    issued.add(tokens);
                }
            }
            return null;
        });
        for (Token[] tokens : issued) {
            accessTokens.add(tokens[0]);
            refreshTokens.add(tokens[1]);
        }
        server.ask("VACUUM ANALYZE");
    }

    private static List<Token> codes(int count) throws SQLException {
        List<Token> codes = new ArrayList<>(count);
        try (Connection connection = server.postgres().superuser();
                PreparedStatement insert = connection.prepareStatement("INSERT INTO alexa.authorization_code"
                        + " (link_id, code_hash, client_id, redirect_uri, scope, expires_at,"
                        + " subject, account_id, password_changed_at)"
                        + " SELECT ?, ?, 'alexa', ?, '{music.read,music.control}',"
                        + " now() + interval '10 minutes', a.username, a.account_id, a.password_changed_at"
                        + " FROM alexa.account a WHERE a.username = 'anna'")) {
            connection.setAutoCommit(false);
            for (int i = 0; i < count; i++) {
                Token code = Token.issue(TokenKind.AUTHORIZATION_CODE, Token.newLinkId());
                insert.setObject(1, code.linkId());
                insert.setBytes(2, code.hash().bytes());
                insert.setString(3, Alexa.PITANGUI);
                insert.addBatch();
                codes.add(code);
                if (i % 1000 == 999) {
                    insert.executeBatch();
                }
            }
            insert.executeBatch();
            connection.commit();
        }
        return codes;
    }

    private static Path file(String name, List<String> lines) throws IOException {
        return Files.write(FOLDER.resolve(name), lines);
    }

    private static void say(String line) {
        System.out.println("BENCH: " + line);
        OUTPUT.add(line);
    }
}
