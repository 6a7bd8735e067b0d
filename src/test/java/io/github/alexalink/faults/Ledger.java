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

/** Every answer that was given: what was asked, when, how long it took, and what came. */
final class Ledger {

    /** How long Alexa may be kept waiting, in milliseconds: she hangs up after 4.5 s. */
    static final long PATIENCE_MS = 4000;

    private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();
    private final Queue<String> tokens = new ConcurrentLinkedQueue<>();
    private final Queue<Redemption> redemptions = new ConcurrentLinkedQueue<>();

    /**
     * One of them.
     *
     * @param what authorize, approve, code, refresh or whatever a test calls it
     * @param status 0 where the connection ended without an answer
     * @param error OAuth's word, or null
     */
    record Answer(String what, Instant asked, long millis, int status, String error, boolean retryAfter) {

        Instant answered() {
            return asked.plusMillis(millis);
        }

        /** With OAuth's word where there is one. */
        String outcome() {
            return (status == 0 ? "no answer" : Integer.toString(status)) + (error == null ? "" : " " + error);
        }

        /** For Alexa, by the server's own fault: not by as much as the machine stood still. */
        boolean isTooLate() {
            return millis - Stalls.millisBetween(asked, answered()) > PATIENCE_MS;
        }

        /** 503 with Retry-After: try again later, nothing is lost. */
        boolean isTryLater() {
            return status == 503 && retryAfter;
        }
    }

    /** A code that was sent, and how often tokens came back for it; {@code unsure} where an answer may have been lost. */
    record Redemption(String code, int granted, boolean unsure, boolean refused) {}

    void write(Answer answer) {
        answers.add(answer);
    }

    /** Tokens of an answer: from now on they are good. */
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

    /** How many of each outcome. */
    Map<String, Long> outcomes() {
        return answers.stream().collect(Collectors.groupingBy(Answer::outcome, TreeMap::new, Collectors.counting()));
    }

    long worstMillis() {
        return answers.stream().mapToLong(Answer::millis).max().orElse(0);
    }

    /** Good or try later, each in time; and some were good. */
    void assertOnlyGoodOrTryLater() {
        assertThat(answers.stream().filter(answer -> !isGood(answer) && !answer.isTryLater()))
                .as("neither good nor 503 with Retry-After")
                .isEmpty();
        assertInTime();
        assertThat(answers.stream().filter(Ledger::isGood)).isNotEmpty();
    }

    /**
     * None was too late for Alexa. A password is hashed for as long as a busy machine takes: that is what a listener waits
     * for, and not she.
     */
    void assertInTime() {
        assertThat(answers.stream()
                        .filter(Answer::isTooLate)
                        .filter(answer -> !answer.what().equals("approve") || !isGood(answer)))
                .as("too late for Alexa")
                .isEmpty();
    }

    /** Every one was good. */
    void assertOnlyGood() {
        assertThat(answers.stream().filter(answer -> !isGood(answer))).isEmpty();
        assertThat(answers).isNotEmpty();
    }

    static boolean isGood(Answer answer) {
        return answer.status() == 200 || (answer.status() == 303 && answer.error() == null);
    }

    /**
     * How long it went on being unavailable once the fault was over. A refusal does not count: it is an answer, and for
     * whom it was wrong is for {@link #assertOnlyGoodOrTryLater} to say.
     *
     * @param over when it was
     * @param until when the next one began, or the end
     * @return milliseconds from there to the last that had no answer or was to try later; 0 where there was none
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
                        && answer.answered().isBefore(until)) // later it may be the next one's doing
                .mapToLong(answer -> Duration.between(over, answer.answered()).toMillis())
                .max()
                .orElse(0);
    }

    /** The longest time from one good answer to the next, in milliseconds: what a household calls an outage. */
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
