package io.github.alexalink.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;

/**
 * Why a code or a refresh token was exchanged for nothing.
 *
 * @param event as in the audit trail: code_repeated, code_replayed, refresh_token_reused or token_refused; or
 *     code_unanswered, which is not in it: the same request came before, and whether it was answered will be known soon
 * @param reason empty if by now nothing is in the way
 * @param because why the link was revoked, a word, if that is the reason
 * @param revoked whether this very call revoked the link
 */
public record Verdict(String event, Optional<Reason> reason, Optional<String> because, boolean revoked) {

    static Verdict in(ResultSet row) throws SQLException {
        return new Verdict(
                row.getString("event"),
                Optional.ofNullable(row.getString("reason")).map(Reason::of),
                Optional.ofNullable(row.getString("because")),
                row.getBoolean("revoked"));
    }

    public boolean isUnanswered() {
        return event.equals("code_unanswered");
    }

    /** The reason for the client's developer. */
    public Optional<String> sentence() {
        return reason.map(
                known -> known.sentence() + because.map(word -> ": " + word).orElse(""));
    }

    /** Reports it, if the statement has written it into the trail. */
    void audit(Database database) {
        if (reason.isPresent()) {
            database.audited(event);
        }
    }
}
