package io.github.alexalink.store;

import io.github.alexalink.protocol.Reason;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;

/**
 * Why a code or a refresh token got no tokens.
 *
 * @param event a word of the audit trail: code_repeated, code_replayed, refresh_token_reused or token_refused. Or
 *     code_unanswered, which is not in the trail: the same request came before, and within a second we know whether it
 *     was answered
 * @param reason empty if by now there is none
 * @param because the word for why the link was revoked, if that is the reason
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

    /** Reports the event to the metrics, if the statement has written it into the audit trail. */
    void audit(Database database) {
        if (reason.isPresent()) {
            database.audited(event);
        }
    }
}
