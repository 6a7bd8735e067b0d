package io.github.alexalink.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.faults.Ledger.Redemption;
import io.github.alexalink.fixture.alexa.Soon;
import io.github.alexalink.protocol.Token;
import io.github.alexalink.protocol.TokenKind;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.UUID;

/**
 * Compares the database with the answers that clients received.
 *
 * @param lost tokens that clients received and the database lacks
 * @param doubled codes that brought tokens more than once, or made more than one link
 * @param unredeemed codes refused as redeemed that are not, or refused although no answer had been lost
 * @param lostAnswers redeemed codes whose answer never arrived: the household links again
 * @param refused links whose refresh token is no longer good
 */
record Audit(long lost, long doubled, long unredeemed, long lostAnswers, long refused) {

    /** Limits the refreshes of an audit: each is a round trip through Tomcat. */
    private static final int REFRESHED_AT_MOST = 200;

    /** Audits traffic that has stopped, after the house has recovered. */
    static Audit of(House house, Traffic traffic) throws SQLException {
        return of(house, traffic.ledger(), traffic.links(), false);
    }

    /**
     * Audits traffic behind a balancer, which repeats requests without an answer: a code that was sent once may arrive
     * twice.
     */
    static Audit behindABalancer(House house, Traffic traffic) throws SQLException {
        return of(house, traffic.ledger(), traffic.links(), true);
    }

    /** Audits the requests that a test sent by itself, outside the traffic. */
    static Audit of(House house, Ledger ledger, Collection<Traffic.Link> linked) throws SQLException {
        return of(house, ledger, linked, false);
    }

    private static Audit of(House house, Ledger ledger, Collection<Traffic.Link> linked, boolean repeated)
            throws SQLException {
        try (Connection connection = house.postgres().superuser()) {
            long lost = missing(connection, TokenKind.ACCESS_TOKEN, "alexa.access_token", "token_hash", ledger.tokens())
                    + missing(
                            connection, TokenKind.REFRESH_TOKEN, "alexa.refresh_token", "token_hash", ledger.tokens());
            List<String> refused = ledger.redemptions().stream()
                    .filter(Redemption::refused)
                    .map(Redemption::code)
                    .toList();
            long surely = ledger.redemptions().stream()
                    .filter(redemption -> redemption.refused() && !redemption.unsure() && !repeated)
                    .count();
            long unredeemed = surely + unredeemed(connection, refused);
            long granted = ledger.redemptions().stream()
                    .filter(redemption -> redemption.granted() > 0)
                    .map(Redemption::code)
                    .distinct()
                    .count();
            long twice =
                    ledger.redemptions().stream().mapToLong(Redemption::granted).sum() - granted;
            return new Audit(lost, twice + redeemedTwice(connection), unredeemed, refused.size(), refusedNow(linked));
        }
    }

    /** Asserts that no token is lost and no code has brought tokens twice. */
    void assertNothingIsLostOrDoubled() {
        assertThat(lost).as("tokens answered and not in the database").isZero();
        assertThat(doubled).as("codes redeemed twice").isZero();
        assertThat(unredeemed).as("codes refused that were good").isZero();
        assertThat(refused).as("links whose refresh token is good no more").isZero();
    }

    private static long missing(Connection connection, TokenKind kind, String table, String column, List<String> all)
            throws SQLException {
        List<UUID> ids = new ArrayList<>();
        List<byte[]> hashes = new ArrayList<>();
        for (String value : all.stream().distinct().toList()) {
            Token.parse(kind, value).ifPresent(token -> {
                ids.add(token.linkId());
                hashes.add(token.hash().bytes());
            });
        }
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT count(*) FROM unnest(?::uuid[], ?::bytea[])"
                        + " AS answered (link_id, hash) WHERE NOT EXISTS (SELECT FROM " + table
                        + " t WHERE t.link_id = answered.link_id AND t." + column + " = answered.hash)")) {
            statement.setArray(1, connection.createArrayOf("uuid", ids.toArray()));
            statement.setArray(2, connection.createArrayOf("bytea", hashes.toArray(new byte[0][])));
            return number(statement);
        }
    }

    private static long unredeemed(Connection connection, List<String> refused) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT count(*) FROM alexa.authorization_code a JOIN unnest(?::text[]) AS refused (code)"
                        + " ON a.code_hash = alexa.hash_of(refused.code) WHERE a.redeemed_at IS NULL")) {
            statement.setArray(1, connection.createArrayOf("text", refused.toArray()));
            return number(statement);
        }
    }

    private static long redeemedTwice(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT count(*) FROM (SELECT FROM alexa.audit_event WHERE event = 'code_redeemed'"
                        // with a reason if the first answer was lost; the ledger knows whether it was
                        + " AND reason IS NULL GROUP BY link_id HAVING count(*) > 1) AS twice")) {
            return number(statement);
        }
    }

    private static long number(PreparedStatement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getLong(1);
        }
    }

    /** The status of a refresh; 0 if there was no answer. Neither 0 nor 503 says anything about the token. */
    private static int statusOfARefresh(Traffic.Link link) {
        try {
            return link.skill.refresh(link.refreshToken).statusCode();
        } catch (IllegalStateException noAnswer) {
            return 0;
        }
    }

    private static long refusedNow(Collection<Traffic.Link> linked) {
        List<Traffic.Link> links = new ArrayList<>(linked);
        Collections.shuffle(links);
        return links.stream()
                .limit(REFRESHED_AT_MOST)
                .map(link -> Soon.within(30, () -> statusOfARefresh(link), status -> status != 503 && status != 0))
                .filter(status -> status != 200)
                .count();
    }
}
