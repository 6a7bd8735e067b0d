package io.github.alexalink.tool.doctor;

import io.github.alexalink.diagnosis.Diagnosis;
import io.github.alexalink.diagnosis.Finding;
import io.github.alexalink.diagnosis.Vantage;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The link that the doctor has made and not yet revoked. If the doctor is stopped in the middle (Ctrl-C, SIGTERM, SIGHUP),
 * a shutdown hook revokes it, or says that it is left.
 */
final class OpenLink implements AutoCloseable {

    static final String CODE_WITHOUT_ANSWER =
            "a code was sent, and no answer to it was seen: perhaps there is a link now";

    /** How long the end of the process may be held up, whatever the server does. */
    private static final Duration AT_MOST = Duration.ofMillis(2_500);

    /** How much of that may pass until a code that was sent is answered. */
    private static final Duration FOR_TOKENS = Duration.ofSeconds(1);

    private final Target target;
    private final Asking asking;
    private final Thread hook = new Thread(this::stop, "unlinking");

    private boolean codeSent;
    private boolean stopping;
    private Optional<Request> revocation = Optional.empty();

    OpenLink(Target target, Asking asking) {
        this.target = target;
        this.asking = asking;
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** To be called before a code is sent that can be redeemed. Never returns once the process ends. */
    synchronized void sendingCode() {
        awaitEnd();
        codeSent = true;
    }

    /** To be called as soon as there is an answer with a refresh token. */
    synchronized void opened(Request byRevoking) {
        revocation = Optional.of(byRevoking);
        notifyAll();
    }

    /** To be called if there is nothing to revoke, or no longer. */
    synchronized void closed() {
        codeSent = false;
        revocation = Optional.empty();
        notifyAll();
    }

    /** This thread has nothing to do any more; the main thread waits for it and prints no half report. */
    private void awaitEnd() {
        while (stopping) {
            try {
                wait();
            } catch (InterruptedException late) {
                // the process ends
            }
        }
    }

    private void stop() {
        Thread revoking = new Thread(this::revoke, "revoking");
        revoking.setDaemon(true);
        revoking.start();
        try {
            revoking.join(AT_MOST.toMillis());
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
        if (revoking.isAlive()) {
            say(left("it was stopped, and the server did not answer within " + AT_MOST.toMillis() / 1000.0 + " s"));
        }
    }

    private void revoke() {
        Deadline deadline = Deadline.in(AT_MOST.minusMillis(200)); // what was found has to be said in time
        Optional<Request> request = afterTheAnswer();
        if (request.isEmpty()) {
            return;
        }
        try {
            Reply reply = asking.atTheEnd(request.get(), deadline);
            if (reply.status() == 200) {
                System.err.println("The doctor was stopped. What it had linked is revoked.");
            } else {
                say(left("it was stopped; " + request.get().shown() + ": " + reply.shown()));
            }
        } catch (Unanswered none) {
            say(left("it was stopped; " + request.get().shown() + ": " + none.shown()));
        }
    }

    private synchronized Optional<Request> afterTheAnswer() {
        stopping = true;
        Deadline deadline = Deadline.in(FOR_TOKENS);
        try {
            while (codeSent && revocation.isEmpty() && !deadline.isOver()) {
                TimeUnit.MILLISECONDS.timedWait(this, deadline.millis());
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
        if (codeSent && revocation.isEmpty()) {
            say(left(CODE_WITHOUT_ANSWER));
        }
        return revocation;
    }

    Finding left(String found) {
        return Words.warning(
                "link-left",
                "the doctor could not revoke what it linked",
                found,
                "status 200",
                "sign in there and unlink it:\n    " + target.url() + "/links",
                "a link stays that nobody uses",
                "https://datatracker.ietf.org/doc/html/rfc7009#section-2.1");
    }

    private static void say(Finding left) {
        Diagnosis words = new Diagnosis(Vantage.OUTSIDE);
        words.add(left);
        System.err.print(words.text());
        System.err.flush();
    }

    /** After this the end of the process needs nothing. */
    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException ending) {
            // the hook runs, and does what there is to do
        }
    }
}
