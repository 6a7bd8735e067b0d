package io.github.alexalink.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.AtOnce;
import io.github.alexalink.fixture.servers.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

@DisplayName("Refusals of one kind: the first is a row at once, the others are one row together")
class RefusalsCountedTest {

    private final List<String> events = new ArrayList<>();
    private final AtomicBoolean away = new AtomicBoolean();
    private final AuditRepository audit = new AuditRepository(new Database(source(), this::report));
    private final String client = TestDatabase.unique("client");

    @BeforeEach
    void register() {
        TestDatabase.register(client, List.of("https://a.example/cb"));
    }

    @Test
    void one_refusal_is_one_row_and_a_thousand_are_two() throws Exception {
        audit.refused("token_refused", client, null, "wrong secret");
        assertThat(rows()).isEqualTo("1");
        AtOnce.times(10, () -> {
            for (int i = 0; i < 100; i++) {
                audit.refused("token_refused", client, null, "wrong secret");
            }
            return null;
        });
        assertThat(rows()).isEqualTo("1");
        audit.writeCounted();
        assertThat(rows()).isEqualTo("1 1000");
        audit.writeCounted();
        assertThat(rows()).isEqualTo("1 1000");
        audit.refused("token_refused", client, null, "wrong secret");
        assertThat(rows()).as("the next minute").isEqualTo("1 1000 1");
        assertThat(events).as("what the metrics hear").hasSize(1002).containsOnly("token_refused");
    }

    @Test
    void each_client_event_reason_and_person_is_a_kind_of_its_own() {
        String anna = TestDatabase.unique("anna");
        TestDatabase.addAccount(anna, "a password of some length");
        audit.refused("sign_in_failed", client, anna, "wrong");
        audit.refused("sign_in_failed", client, anna.toUpperCase(java.util.Locale.ROOT), "wrong");
        audit.refused("sign_in_failed", client, "nobody-1", "wrong");
        audit.refused("sign_in_failed", client, "nobody-2", "wrong");
        audit.refused("sign_in_failed", client, "nobody-3", "locked");
        audit.refused("access_denied", client, null, "wrong");
        assertThat(rows()).isEqualTo("1 1 1 1");
        audit.writeCounted();
        assertThat(rows()).isEqualTo("1 1 1 1 1 1");
        assertThat(TestDatabase.ask(
                        "SELECT string_agg(subject || ' ' || times, ' ' ORDER BY event_id) FROM alexa.audit_event"
                                + " WHERE client_id = ? AND subject IS NOT NULL",
                        client))
                .isEqualTo(anna + " 1 " + anna + " 1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "alexa.erase_user(?)",
                "alexa.delete_account(?)",
                "alexa.rename_account(?, 'was-' || gen_random_uuid())"
            })
    void a_name_that_goes_within_the_minute_is_not_written_any_more(String goes) {
        String anna = TestDatabase.unique("anna");
        TestDatabase.addAccount(anna, "a password of some length");
        for (int i = 0; i < 3; i++) {
            audit.refused("sign_in_failed", client, anna, "wrong");
        }
        TestDatabase.ask("SELECT 'done', " + goes, anna);
        String before = TestDatabase.ask("SELECT count(*) FROM alexa.audit_event WHERE subject = ?", anna);
        audit.writeCounted();
        assertThat(rows()).isEqualTo("1 2");
        assertThat(TestDatabase.ask("SELECT count(*) FROM alexa.audit_event WHERE subject = ?", anna))
                .isEqualTo(before);
    }

    @Test
    void a_client_that_is_not_registered_leaves_no_row() {
        for (int i = 0; i < 10; i++) {
            audit.refused("token_refused", "stranger-" + i, null, "wrong secret");
        }
        audit.writeCounted();
        assertThat(TestDatabase.ask("SELECT count(*) FROM alexa.audit_event WHERE client_id LIKE 'stranger-%'"))
                .isEqualTo("0");
        assertThat(events).isEmpty();
    }

    @Test
    void refusals_of_too_many_kinds_become_one_row() {
        for (int i = 0; i < 700; i++) {
            audit.refused("token_refused", client, null, "reason " + i);
        }
        audit.writeCounted();
        assertThat(Integer.parseInt(TestDatabase.ask(
                        "SELECT count(*) FROM alexa.audit_event WHERE client_id = ? AND event = 'token_refused'",
                        client)))
                .isEqualTo(500);
        assertThat(
                        TestDatabase.ask(
                                "SELECT sum(times) FROM alexa.audit_event WHERE client_id IS NULL AND reason LIKE 'of more kinds%'"))
                .isEqualTo("200");
    }

    @Test
    void refusals_counted_while_the_database_is_away_are_written_when_it_is_back() {
        audit.refused("token_refused", client, null, "wrong secret");
        audit.refused("token_refused", client, null, "wrong secret");
        away.set(true);
        audit.writeCounted();
        audit.refused("token_refused", client, null, "wrong secret");
        away.set(false);
        audit.writeCounted();
        assertThat(rows()).isEqualTo("1 2");
    }

    private synchronized void report(String event) {
        events.add(event);
    }

    private String rows() {
        return TestDatabase.ask(
                "SELECT string_agg(times::text, ' ' ORDER BY occurred_at, event_id) FROM alexa.audit_event"
                        + " WHERE client_id = ? AND written_by = 'alexa_app'",
                client);
    }

    private PGSimpleDataSource source() {
        DataSource real = TestDatabase.pool();
        PGSimpleDataSource source = new PGSimpleDataSource() {
            private static final long serialVersionUID = 1L;

            @Override
            public Connection getConnection() throws SQLException {
                if (away.get()) {
                    throw new SQLException("away", "08001");
                }
                return real.getConnection();
            }
        };
        return source;
    }
}
