package io.github.alexalink.introspect;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.github.alexalink.fixture.servers.TestDatabase;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("The limit on look-ups of tokens at a time")
class LookUpLimitTest {

    @ParameterizedTest
    @CsvSource({"1, 1", "2, 1", "3, 1", "10, 5", "50, 25"})
    void look_ups_may_use_half_of_what_alexa_db_pool_says_and_at_least_one(int connections, int half) {
        try (HikariDataSource pool = new HikariDataSource()) {
            pool.setMaximumPoolSize(connections);
            assertThat(LookUpLimit.halfOf(pool)).isEqualTo(half);
        }
    }

    @Test
    void look_ups_may_use_five_of_a_pool_that_does_not_say_how_large_it_is() {
        try (HikariDataSource unopened = new HikariDataSource()) {
            assertThat(LookUpLimit.halfOf(unopened)).isEqualTo(5);
        }
        assertThat(LookUpLimit.halfOf(TestDatabase.app())).isEqualTo(5);
    }
}
