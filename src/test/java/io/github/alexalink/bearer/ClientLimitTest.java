package io.github.alexalink.bearer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("The Valve lets in the tokens of some clients only: clients")
class ClientLimitTest {

    private final AtomicLong clock = new AtomicLong();

    @ParameterizedTest
    @ValueSource(strings = {"alexa other", " other  alexa ", "\talexa\n  other", "alexa alexa other"})
    void ids_may_have_any_white_space_between(String attribute) {
        ClientLimit limit = limit(attribute);
        assertThat(limit.names("alexa")).isTrue();
        assertThat(limit.names("other")).isTrue();
        assertThat(limit.names("alexa other")).isFalse();
        assertThat(limit.names("Alexa")).isFalse();
        assertThat(limit.names("")).isFalse();
        assertThat(limit.names(null)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "\t\n"})
    void no_client_at_all_is_refused_and_says_what_its_absence_means(String attribute) {
        assertThatThrownBy(() -> limit(attribute))
                .hasMessageStartingWith("clients is empty")
                .hasMessageEndingWith("without the attribute the tokens of every client count");
    }

    @ParameterizedTest
    @ValueSource(strings = {"alexa,other", "alexa;other", "*", "${alexa.clients}", "[alexa]", "m\u00fcsik"})
    void a_value_that_is_no_client_id_is_refused_with_an_example(String attribute) {
        assertThatThrownBy(() -> limit(attribute))
                .hasMessageStartingWith("clients is [" + attribute + "]")
                .hasMessageEndingWith("clients=\"alexa other\"");
    }

    @Test
    void every_refusal_is_counted_and_one_an_hour_gets_a_line() {
        ClientLimit limit = limit("alexa");
        assertThat(limit.refused()).isZero();
        assertThat(limit.refuse("radio"))
                .contains("a token of client [radio] was refused, because clients=\"alexa\" does not name it;"
                        + " 1 request so far");
        clock.addAndGet(TimeUnit.MINUTES.toNanos(59));
        assertThat(limit.refuse("radio")).isEmpty();
        clock.addAndGet(TimeUnit.MINUTES.toNanos(1));
        assertThat(limit.refuse("player").orElseThrow())
                .startsWith("a token of client [player]")
                .endsWith("3 requests so far");
        assertThat(limit.refused()).isEqualTo(3);
    }

    private ClientLimit limit(String attribute) {
        return ClientLimit.of(attribute, clock::get);
    }
}
