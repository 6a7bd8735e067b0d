package io.github.alexalink.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.servers.Stalls;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;

/** A record of every answer: the request, its time, its duration and the result. */
final class Ledger {

    /** Milliseconds within which Alexa needs an answer: she hangs up after 4.5 s. */
    static final long PATIENCE_MS = 4000;

    private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();
    private final Queue<String> tokens = new ConcurrentLinkedQueue<>();
    private final Queue<Redemption> redemptions = new ConcurrentLinkedQueue<>();

    /**
     * An answer.
     *
     * @param what authorize, approve, code, refresh or another name that a test gives
     * @param status 0 if the connection ended without an answer
     * @param error OAuth's word, or null
     */
    record Answer(String what, Instant asked, long millis, int status, String error, boolean retryAfter) {

        Instant answered() {
            return asked.plusMillis(millis);
        }

        /** The status, with OAuth's word if there is one. */
        String outcome() {
            return (status == 0 ? "no answer" : Integer.toString(status)) + (error == null ? "" : " " + error);
        }

        /** Whether the server was too slow for Alexa, not counting the time in which the machine stood still. */
        boolean isTooLate() {
            return millis - Stalls.millisBetween(asked, answered()) > PATIENCE_MS;
        }

        /** 503 with Retry-After: try again later, nothing is lost. */
        boolean isTryLater() {
            return status == 503 && retryAfter;
        }
    }

    /** A code that was sent, and how often it brought tokens; {@code unsure} if an answer may have been lost. */
    record Redemption(String code, int granted, boolean unsure, boolean refused) {}

    void write(Answer answer) {
        answers.add(answer);
    }

    /** Remembers the tokens of an answer, which are good from now on. */
    void issued(String accessToken, String refreshToken) {
        tokens.add(accessToken);
        tokens.add(refreshToken);
    }

    void redeemed(Redemption redemption) {
        redemptions.add(redemption);
    }

    List<Answer> answers() {
        return answers.stream().sorted(Comparator.comparing(Answer::asked)).toList();
    }

    List<String> tokens() {
        return List.copyOf(tokens);
    }

    List<Redemption> redemptions() {
        return List.copyOf(redemptions);
    }

    /** The number of answers by outcome. */
    Map<String, Long> outcomes() {
        return answers.stream().collect(Collectors.groupingBy(Answer::outcome, TreeMap::new, Collectors.counting()));
    }

    long worstMillis() {
        return answers.stream().mapToLong(Answer::millis).max().orElse(0);
    }

    /** Asserts that every answer was good or try later, and in time; and that some were good. */
    void assertOnlyGoodOrTryLater() {
        assertThat(answers.stream().filter(answer -> !isGood(answer) && !answer.isTryLater()))
                .as("neither good nor 503 with Retry-After")
                .isEmpty();
        assertInTime();
        assertThat(answers.stream().filter(Ledger::isGood)).isNotEmpty();
    }

    /**
     * Asserts that no answer was too late for Alexa. Sign-ins do not count: the listener waits for a password to be
     * hashed, and Alexa does not.
     */
    void assertInTime() {
        assertThat(answers.stream()
                        .filter(Answer::isTooLate)
                        .filter(answer -> !answer.what().equals("approve") || !isGood(answer)))
                .as("too late for Alexa")
                .isEmpty();
    }

    /** Asserts that every answer was good. */
    void assertOnlyGood() {
        assertThat(answers.stream().filter(answer -> !isGood(answer))).isEmpty();
        assertThat(answers).isNotEmpty();
    }

    static boolean isGood(Answer answer) {
        return answer.status() == 200 || (answer.status() == 303 && answer.error() == null);
    }

    /**
     * How long requests went on failing after the fault. A refusal does not count, because it is an answer;
     * {@link #assertOnlyGoodOrTryLater} judges whether it was right.
     *
     * @param over the end of the fault
     * @param until the beginning of the next one, or the end
     * @return milliseconds from {@code over} to the last request without an answer or with try later; 0 if there was
     *     none
     */
    long recoveryMillis(Instant over, Instant until) {
        assertThat(answers.stream()
                        .filter(answer -> answer.answered().isAfter(over)
                                && answer.answered().isBefore(until))
                        .filter(Ledger::isGood))
                .as("good answers after %s", over)
                .isNotEmpty();
        return answers.stream()
                .filter(answer -> (answer.status() == 0 || answer.status() >= 500)
                        && answer.answered().isAfter(over)
                        && answer.answered().isBefore(until)) // a later failure may come from the next fault
                .mapToLong(answer -> Duration.between(over, answer.answered()).toMillis())
                .max()
                .orElse(0);
    }

    /** The longest time between two good answers, in milliseconds: an outage, to a household. */
    long longestGapMillis() {
        List<Instant> good = answers.stream()
                .filter(Ledger::isGood)
                .map(Answer::answered)
                .sorted()
                .toList();
        long longest = 0;
        for (int i = 1; i < good.size(); i++) {
            longest = Math.max(
                    longest, Duration.between(good.get(i - 1), good.get(i)).toMillis());
        }
        return longest;
    }
}
