package io.github.alexalink.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.protocol.Sha256;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A file of sql/statements is made ready for JDBC")
class NamedStatementTest {

    @Test
    void the_name_follows_the_first_word_and_comments_and_semicolon_are_removed() {
        assertThat(sql("-- tell.sql: what it's for\n--\n-- Takes nothing\nSELECT 1 -- or :more?\n     + 1;\n"))
                .isEqualTo("SELECT /* tell */ 1 \n     + 1");
    }

    @Test
    void each_parameter_becomes_a_question_mark_and_a_cast_stays() {
        assertThat(sql("SELECT :a::text, x::bytea[], :b_2 WHERE (:a)=c AND d=:b_2;", "b_2", "a"))
                .isEqualTo("SELECT /* tell */ ?::text, x::bytea[], ? WHERE (?)=c AND d=?");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "':no ? -- of it'",
                "'it''s :no'",
                "E'it\\'s :no'",
                "\"a :no\"",
                "$$ it's :no $$",
                "$tag$ $$ :no $tag$",
                "/* isn't :no\n parameter */ 1",
            })
    void nothing_in_quotes_or_comments_is_a_parameter(String kept) {
        assertThat(sql("SELECT " + kept + ", :yes;", "yes")).isEqualTo("SELECT /* tell */ " + kept + ", ?");
    }

    @Test
    void a_question_mark_is_refused() {
        assertThatThrownBy(() -> sql("SELECT ?;")).hasMessageContaining("sql/statements/tell.sql has a question mark");
    }

    @Test
    void a_file_without_a_semicolon_is_refused() {
        assertThatThrownBy(() -> sql("SELECT 1")).hasMessage("sql/statements/tell.sql does not end with a semicolon");
    }

    @Test
    void a_parameter_that_the_repository_forgets_is_refused() {
        assertThatThrownBy(() -> sql("SELECT :a, :b;", "a"))
                .hasMessage("sql/statements/tell.sql has the parameters [a, b], and its repository binds [a]");
    }

    @Test
    void a_parameter_that_the_file_does_not_have_is_refused() {
        assertThatThrownBy(() -> sql("SELECT :a;", "a", "b"))
                .hasMessage("sql/statements/tell.sql has the parameters [a], and its repository binds [a, b]");
    }

    @Test
    void a_file_that_is_missing_is_refused() {
        assertThatThrownBy(() -> NamedStatement.load("nowhere")).hasMessage("sql/statements/nowhere.sql is missing");
    }

    @Test
    void binding_an_unknown_parameter_names_it_and_the_file() throws SQLException {
        NamedStatement tell = new NamedStatement("tell", "SELECT :a::text;", "a");
        try (Connection connection = TestDatabase.app().getConnection()) {
            assertThatThrownBy(() -> tell.on(connection).set("b", "1"))
                    .hasMessage("sql/statements/tell.sql has no parameter b");
        }
    }

    @Test
    void executing_without_a_parameter_names_it_and_the_file() throws SQLException {
        NamedStatement tell = new NamedStatement("tell", "SELECT :a::text, :b::text;", "a", "b");
        try (Connection connection = TestDatabase.app().getConnection()) {
            assertThatThrownBy(() -> tell.on(connection).set("a", "1").first(row -> row.getString(1)))
                    .hasMessage("sql/statements/tell.sql needs [b]");
        }
    }

    @Test
    void a_value_is_bound_wherever_its_name_stands() throws SQLException {
        UUID id = UUID.randomUUID();
        NamedStatement tell = new NamedStatement(
                "tell",
                "SELECT :word || :number || :word || (:id::uuid = ANY (:ids::uuid[])) || cardinality(:none_sent::bytea[])"
                        + " || (:hash::bytea = ANY (:hashes::bytea[])) || (:none::text IS NULL) || :word AS told;",
                "word",
                "number",
                "id",
                "ids",
                "hashes",
                "none_sent",
                "hash",
                "none");
        try (Connection connection = TestDatabase.app().getConnection()) {
            List<String> told = tell.on(connection)
                    .set("hash", Sha256.of("b"))
                    .set("hashes", List.of(Sha256.of("a"), Sha256.of("b")))
                    .set("none_sent", List.of())
                    .set("ids", new UUID[] {UUID.randomUUID(), id})
                    .set("id", id)
                    .set("number", 7)
                    .set("none", (String) null)
                    .set("word", "a")
                    .all(row -> row.getString("told"));
            assertThat(told).containsExactly("a7atrue0truetruea");
        }
    }

    private static String sql(String text, String... parameters) {
        return new NamedStatement("tell", text, parameters).sql();
    }
}
