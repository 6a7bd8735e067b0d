package io.github.alexalink.speed;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.github.alexalink.fixture.servers.BigDatabase;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.protocol.TokenKind;
import io.github.alexalink.store.AccessTokenRepository;
import io.github.alexalink.store.Database;
import io.github.alexalink.store.RefreshTokenRepository;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A refresh and a look-up among a thousand links and among a million, in turn, on one server. */
@DisplayName("The cost of a token, at a thousand links and at a million")
class CostDoesNotGrowBench {

    private static final double AT_MOST = 1.3;
    private static final int WARM_UP = 1000;
    private static final int CALLS = Integer.getInteger("scale.calls", 3000);

    private final Random random = new Random(20261122);

    /** One call, on a database of some size. */
    private interface Call {
        void on(BigDatabase size, Database database) throws SQLException;
    }

    @BeforeAll
    static void asked() {
        Bench.onlyWhenAsked();
    }

    @Test
    void refreshing_costs_the_same() throws Exception {
        assertThat(ratio("refresh", (size, database) -> {
                    long link = linkOfAlexa(size);
                    Token refreshToken = size.refreshToken(link);
                    assertThat(new RefreshTokenRepository(database)
                                    .refresh(
                                            new RefreshTokenRepository.Refresh(
                                                    size.alexa(), refreshToken, Optional.empty()),
                                            Token.issue(TokenKind.ACCESS_TOKEN, refreshToken.linkId()),
                                            Token.issue(TokenKind.REFRESH_TOKEN, refreshToken.linkId())))
                            .isPresent();
                }))
                .isLessThanOrEqualTo(AT_MOST);
    }

    @Test
    void looking_up_an_access_token_costs_the_same() throws Exception {
        assertThat(ratio("look-up", (size, database) -> {
                    Token accessToken = size.accessToken(random.nextLong(size.tokens()));
                    assertThat(new AccessTokenRepository(database)
                                    .introspect(size.music(), Optional.of(accessToken))
                                    .orElseThrow()
                                    .live())
                            .isPresent();
                }))
                .isLessThanOrEqualTo(AT_MOST);
    }

    private long linkOfAlexa(BigDatabase size) {
        while (true) {
            long link = random.nextLong(size.links());
            if (BigDatabase.isOfAlexa(link)) {
                return link;
            }
        }
    }

    private double ratio(String what, Call call) throws Exception {
        long links = Long.getLong("scale.links", 1_000_000);
        BigDatabase big = BigDatabase.of(links, Long.getLong("scale.tokens", 5 * links));
        BigDatabase small = BigDatabase.of(1000, 5000);
        try (HikariDataSource onSmall = Bench.pool(small.app(), 1);
                HikariDataSource onBig = Bench.pool(big.app(), 1)) {
            checkpoint(big);
            List<Database> databases = List.of(new Database(onSmall), new Database(onBig));
            List<BigDatabase> sizes = List.of(small, big);
            long[][] nanos = new long[2][CALLS];
            for (int i = -WARM_UP; i < CALLS; i++) {
                for (int turn = 0; turn < 2; turn++) {
                    int which = (i + turn) & 1; // each goes first in turn
                    long start = System.nanoTime();
                    call.on(sizes.get(which), databases.get(which));
                    if (i >= 0) {
                        nanos[which][i] = System.nanoTime() - start;
                    }
                }
            }
            double ratio = Bench.quantile(nanos[1], 0.5) / Bench.quantile(nanos[0], 0.5);
            Bench.say(
                    "%s, median of %,d calls: %.3f ms at %,d links, %.3f ms at %,d links, ratio %.2f (p99 %.2f and %.2f ms)"
                            .formatted(
                                    what,
                                    CALLS,
                                    Bench.quantile(nanos[0], 0.5),
                                    small.links(),
                                    Bench.quantile(nanos[1], 0.5),
                                    big.links(),
                                    ratio,
                                    Bench.quantile(nanos[0], 0.99),
                                    Bench.quantile(nanos[1], 0.99)));
            return ratio;
        }
    }

    /**
     * Makes a checkpoint now. Otherwise one could come during the measurement, and the larger database would pay for
     * being filled.
     */
    private static void checkpoint(BigDatabase database) throws SQLException {
        try (Connection connection = database.superuser();
                Statement statement = connection.createStatement()) {
            statement.execute("CHECKPOINT");
        }
    }
}
