package io.github.alexalink.diagnosis;

import io.github.alexalink.client.Client;
import io.github.alexalink.client.Registration;
import io.github.alexalink.client.SkillRedirectUris;
import io.github.alexalink.store.AttemptRepository;
import io.github.alexalink.store.AttemptRepository.Attempt;
import java.net.URI;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the record says: the last attempts to link, each with its verdict, what to do about it, and why. */
public final class Attempts {

    private static final String TOKENS = "https://datatracker.ietf.org/doc/html/rfc6749#section-4.1.3";
    private static final String REFUSALS = "https://datatracker.ietf.org/doc/html/rfc6749#section-4.1.2.1";
    private static final String AUTHENTICATION = "https://datatracker.ietf.org/doc/html/rfc6749#section-2.3.1";
    private static final String PKCE = "https://datatracker.ietf.org/doc/html/rfc7636#section-4";
    private static final String DOCUMENT = "docs/operator.md, When something is wrong";

    /** How the view begins about a client that must use PKCE. */
    private static final String PKCE_DEMANDED = "this client must use PKCE";

    /** How the sentence ends about a fault that is over. */
    public static final String LATER_GOOD = "; a later attempt was good";

    /** The doctor ends the link that it makes within this time. */
    private static final Duration DOCTORS = Duration.ofMinutes(1);

    /** What Alexa sends comes while its code is good. */
    private static final Duration LIFE_OF_A_CODE = Duration.ofMinutes(10);

    private final URI issuer;
    private final Path logs;

    /**
     * Verdicts on the attempts at this server.
     *
     * @param logs of its Tomcat
     */
    public Attempts(URI issuer, Path logs) {
        this.issuer = issuer;
        this.logs = logs;
    }

    /**
     * Findings for a list of checks, one for each cause of a client. A fault is none any more if the client has redeemed a
     * later code; then it is only told.
     *
     * @param clients that are registered for Alexa
     */
    public List<Finding> findings(AttemptRepository attempts, List<Registration> clients) throws SQLException {
        List<Attempt> latest = attempts.latest();
        List<Finding> findings = new ArrayList<>(ofAll(latest, clients));
        findings.addAll(silent(attempts, latest, clients));
        return findings;
    }

    /**
     * The clients that did not try to link lately.
     *
     * @param latest the last attempts of all clients
     * @param clients that are registered for Alexa
     */
    public List<Finding> silent(AttemptRepository attempts, List<Attempt> latest, List<Registration> clients)
            throws SQLException {
        List<Finding> findings = new ArrayList<>();
        Set<String> seen = latest.stream().map(Attempt::clientId).collect(Collectors.toSet());
        for (Registration registration : clients) {
            String clientId = registration.client().clientId();
            if (!seen.contains(clientId) && !attempts.isSeen(clientId)) {
                findings.add(nothingSeen(clientId));
            }
        }
        return findings;
    }

    /**
     * One finding for each cause of a client, from attempts of which the latest is the first: of the worst ones the latest,
     * because anybody can cause a warning.
     */
    List<Finding> ofAll(List<Attempt> latestFirst, List<Registration> clients) {
        List<Finding> each = each(latestFirst, clients, List.of());
        Map<String, Finding> worst = new LinkedHashMap<>();
        for (int i = 0; i < each.size(); i++) {
            Attempt attempt = latestFirst.get(i);
            worst.merge(
                    attempt.clientId() + " " + attempt.verdict(),
                    each.get(i),
                    (later, earlier) -> earlier.severity().compareTo(later.severity()) < 0 ? earlier : later);
        }
        return List.copyOf(worst.values());
    }

    /**
     * The verdict on each attempt. A fault is none any more if the client has linked since.
     *
     * @param clients that are registered for Alexa
     * @param unreadable when token requests came to this Tomcat that it could not read
     */
    public List<Finding> each(List<Attempt> latestFirst, List<Registration> clients, List<Instant> unreadable) {
        Map<String, Instant> good = new HashMap<>();
        for (Attempt attempt : latestFirst) {
            if (isGood(attempt)) {
                good.merge(attempt.clientId(), attempt.redeemedAt().orElseThrow(), (a, b) -> a.isAfter(b) ? a : b);
            }
        }
        return latestFirst.stream()
                .map(attempt -> {
                    Finding verdict = of(attempt, clients, unreadable);
                    Instant healed = good.getOrDefault(attempt.clientId(), Instant.MIN);
                    return healed.isAfter(last(attempt)) ? over(verdict) : verdict;
                })
                .toList();
    }

    /** Whether it came to a link that lives, or lived for longer than one that the doctor makes and ends. */
    private static boolean isGood(Attempt attempt) {
        return attempt.redeemedAt().isPresent()
                && !attempt.verdict().equals("code-replayed")
                && (attempt.endedAt().isEmpty()
                        || attempt.endedAt()
                                .get()
                                .isAfter(attempt.redeemedAt().get().plus(DOCTORS)));
    }

    /** When the last of it happened that the record knows to the second. */
    private static Instant last(Attempt attempt) {
        return Stream.of(Optional.of(attempt.lastAt()), attempt.tokenRefusedAt(), attempt.endedAt())
                .flatMap(Optional::stream)
                .max(Comparator.naturalOrder())
                .orElseThrow();
    }

    private static Finding over(Finding fault) {
        return fault.severity().needsAttention()
                ? new Finding(
                        fault.id(),
                        Severity.INFO,
                        fault.vantage(),
                        fault.says() + LATER_GOOD,
                        fault.found(),
                        fault.wanted(),
                        fault.cure(),
                        fault.why(),
                        fault.source())
                : fault;
    }

    /** The verdict on an attempt. */
    Finding of(Attempt attempt) {
        return of(attempt, List.of(), List.of());
    }

    private Finding of(Attempt attempt, List<Registration> clients, List<Instant> unreadable) {
        String client = attempt.clientId();
        return switch (attempt.verdict()) {
            case "linked", "refreshed" -> good(attempt);
            case "waiting" -> told(attempt, "look again in a minute", "Amazon asks for tokens within seconds");
            case "denied" ->
                told(
                        attempt,
                        "nothing, if it was meant",
                        "the app says that linking failed after \"Do not allow\" as well");
            case "ended" ->
                told(
                        attempt,
                        "link again in the Alexa app, if it was not meant",
                        "no token of a link that has ended is good");
            case "sign-in-failed" ->
                fault(
                        attempt,
                        Severity.WARNING,
                        "the name and the password of an account of this server",
                        "try them at the page of linked apps, in a browser:\n    " + issuer
                                + "/links\nand give the account another password, if nobody knows it:\n"
                                + "    sudo java -jar alexa.war account password NAME",
                        "nothing is linked before somebody has signed in. Five wrong passwords lock a name for five minutes",
                        DOCUMENT);
            case "account-changed" ->
                fault(
                        attempt,
                        Severity.WARNING,
                        "an account that stays as it is while it is linked",
                        "link again; if the account is disabled:\n    sudo java -jar alexa.war account enable NAME",
                        "a code or token of an account that has changed is refused",
                        DOCUMENT);
            case "client-unknown" ->
                fault(
                        attempt,
                        Severity.ERROR,
                        "the client id " + client,
                        "enter " + client + " as Client ID at Amazon. All that belongs there:\n"
                                + "    sudo java -jar alexa.war console --client " + Shell.word(client),
                        "the listener's code was issued to " + client
                                + ", and Amazon asks for its tokens by another name",
                        AUTHENTICATION);
            case "client-disabled" ->
                fault(
                        attempt,
                        Severity.ERROR,
                        "enabled",
                        "    sudo java -jar alexa.war client enable " + Shell.word(client),
                        "every request and every token of it is refused",
                        ClientChecks.FORM);
            case "client-differs" ->
                fault(
                        attempt,
                        Severity.ERROR,
                        "client id and secret of one and the same client of Alexa's",
                        "compare what is entered at Amazon with what this prints:\n    sudo java -jar alexa.war console --client "
                                + Shell.word(client),
                        "codes and tokens are good for the client alone to which they were issued",
                        TOKENS);
            case "scopes-differ" ->
                fault(
                        attempt,
                        Severity.ERROR,
                        "no scope but those that this client may have",
                        "compare Scope in Amazon's form, letter by letter, with what this prints:\n"
                                + "    sudo java -jar alexa.war console --client " + Shell.word(client),
                        "the request is refused with invalid_scope before a page is shown",
                        ClientChecks.FORM);
            case "redirect-uri-missing" ->
                fault(
                        attempt,
                        Severity.ERROR,
                        "the three Alexa Redirect URLs that Amazon's form shows",
                        registered(client, clients) + "The log has the one that was asked with:"
                                + TomcatLogs.lastLines(1, "redirect-uri-missing", logs, "catalina*.log"),
                        "language and account of a listener's app decide which of the three Alexa uses",
                        ClientChecks.FORM);
            case "redirect-uri-differs" ->
                fault(
                        attempt,
                        Severity.ERROR,
                        "the same redirect URI twice, as Alexa sends it",
                        doctor("something between Amazon and this server changes requests; look from outside:"),
                        "a code is good only with the redirect URI that it was asked for with",
                        TOKENS);
            case "pkce-differs" ->
                fault(
                        attempt,
                        Severity.ERROR,
                        "PKCE switched on in Amazon's form, with S256; or off there and not demanded here",
                        pkce(attempt),
                        "without the right code_verifier anybody with the code could redeem it",
                        PKCE);
            case "secret-wrong", "secret-expired" ->
                fault(
                        attempt,
                        Severity.ERROR,
                        "the secret that was printed when it was made",
                        "enter it again as Your Secret at Amazon, whole and without white space; or make a new one, and"
                                + " enter what this prints:\n"
                                + "    sudo java -jar alexa.war client secret " + Shell.word(client),
                        "Amazon reaches this server, and each token request is answered with invalid_client",
                        AUTHENTICATION);
            case "authorization-lost" ->
                fault(
                        attempt,
                        Severity.ERROR,
                        "the header Authorization: Basic …, or client_secret in the body",
                        "let the proxy pass the header Authorization on as it came, or choose \"Credentials in request body\" as Your"
                                + " Authentication Scheme at Amazon; and see that Your Secret is filled in there",
                        "a client that does not prove who it is gets no tokens",
                        AUTHENTICATION);
            case "code-expired" ->
                fault(
                        attempt,
                        Severity.ERROR,
                        "a token request within seconds after the code was issued",
                        doctor("see how long this server takes to answer, from outside:"),
                        "a code is good for minutes only: something delays Amazon's request, or the clock of the database"
                                + " has jumped",
                        TOKENS);
            case "code-unknown" ->
                fault(
                        attempt,
                        Severity.ERROR,
                        "a code that this server and this database issued, unchanged",
                        doctor("see that page and token request reach one and the same server, and unchanged:"),
                        "another server, or another database, answers at one of the two addresses; or something on the way"
                                + " changes the code",
                        TOKENS);
            case "code-replayed" ->
                fault(
                        attempt,
                        Severity.WARNING,
                        "each code once",
                        doctor("link again; if it comes back, see what repeats requests on the way:"),
                        "a code that comes twice may have been stolen, so the tokens of the first time end",
                        "https://datatracker.ietf.org/doc/html/rfc6749#section-4.1.2");
            case "code-not-fetched" ->
                fault(
                        attempt,
                        Severity.ERROR,
                        found(attempt) + unreadable(attempt, unreadable),
                        "a token request within seconds",
                        doctor("see whether a token request came that could not be read:"
                                + TomcatLogs.lastLines(5, "token request refused", logs, "catalina*.log")
                                + "\nIf none came then: the chain of certificates, IPv6, a firewall by country or"
                                + " a challenge in front. From another network than this one, and not on this"
                                + " server:"),
                        "the listener's phone may be in your own network; Amazon's servers come from the internet, for"
                                + " " + issuer + "/token",
                        ClientChecks.FORM);
            case "token-unknown" ->
                told(
                        attempt,
                        "link again in the Alexa app, if speakers have gone silent",
                        "the link ended long ago, or the database was restored from an older backup; the doctor sends such a"
                                + " token too");
            case "not-refreshed" -> // a house that is quiet looks the same, so nobody is alarmed
                told(
                        attempt,
                        "if the music stopped, use the skill and look again. If the secret was changed, enter the new one at"
                                + " Amazon:\n    sudo java -jar alexa.war client secret " + Shell.word(client),
                        "with an access token that has expired the music server refuses Alexa");
            default ->
                fault(
                        attempt,
                        Severity.ERROR,
                        "a request as RFC 6749 has it, and as Alexa sends it",
                        doctor(
                                "the sentence says what is wrong with it. See whether a proxy adds something to requests, a"
                                        + " sign-in of its own for example, or changes them on the way:"),
                        "the app says that linking failed",
                        REFUSALS);
        };
    }

    private String doctor(String words) {
        return words + "\n    java -jar alexa.war doctor " + Shell.word(issuer.toString());
    }

    /** What is registered in the place of the one that was asked with. No line that would replace what is good. */
    private static String registered(String client, List<Registration> clients) {
        Optional<Client> known = clients.stream()
                .map(Registration::client)
                .filter(each -> each.clientId().equals(client))
                .findFirst();
        Optional<String> vendorId = known.flatMap(each -> SkillRedirectUris.vendorIdOf(each.redirectUris()));
        if (vendorId.isPresent() && known.get().redirectUris().containsAll(SkillRedirectUris.of(vendorId.get()))) {
            return "the three of " + vendorId.get() + " are registered: compare the end of the Alexa Redirect URLs in"
                    + " Amazon's form with it. If it is the same there, somebody else has asked. ";
        }
        return "compare the Alexa Redirect URLs in Amazon's form with those that are registered:\n"
                + "    sudo java -jar alexa.war console --client " + Shell.word(client) + "\n";
    }

    private String pkce(Attempt attempt) {
        if (attempt.codeIssuedAt().isPresent()) {
            return doctor("see that PKCE is on in the console, with S256, and was not switched while somebody linked."
                    + " Otherwise something changes requests on the way; look from outside:");
        }
        if (!attempt.says().startsWith(PKCE_DEMANDED)) {
            return doctor("nothing here: Alexa sends 43 characters of base64url and code_challenge_method=S256, so"
                    + " somebody else has asked, or something changes requests on the way. Look from outside:");
        }
        return "in the console switch PKCE on and choose S256; or do not demand it:\n"
                + "    psql -X -d alexa -c \"SELECT alexa.change_client('" + attempt.clientId()
                + "', pkce_required => false)\"";
    }

    /** Token requests that came after the code, and of which nobody knows to which code they belong. */
    private static String unreadable(Attempt attempt, List<Instant> unreadable) {
        return attempt.codeIssuedAt()
                .flatMap(code -> unreadable.stream()
                        .filter(at -> at.isAfter(code) && at.isBefore(code.plus(LIFE_OF_A_CODE)))
                        .min(Comparator.naturalOrder()))
                .map(at -> ", a token request that could not be read came " + second(at))
                .orElse("");
    }

    private static Finding good(Attempt attempt) {
        return new Finding(
                attempt.verdict(),
                Severity.OK,
                Vantage.RECORD,
                sentence(attempt),
                found(attempt),
                "",
                "",
                attempt.verdict().equals("linked")
                        ? "if the app says that linking failed all the same, the cause is the skill's own part"
                        : "",
                "");
    }

    private static Finding told(Attempt attempt, String cure, String why) {
        return new Finding(
                attempt.verdict(),
                Severity.INFO,
                Vantage.RECORD,
                sentence(attempt),
                found(attempt),
                "",
                cure,
                why,
                DOCUMENT);
    }

    /** A fault is a warning at most if there was no code: whoever knows the client id can cause it. */
    private static Finding fault(
            Attempt attempt, Severity severity, String wanted, String cure, String why, String source) {
        return fault(attempt, severity, found(attempt), wanted, cure, why, source);
    }

    private static Finding fault(
            Attempt attempt, Severity severity, String found, String wanted, String cure, String why, String source) {
        return new Finding(
                attempt.verdict(),
                attempt.codeIssuedAt().isPresent() ? severity : Severity.WARNING,
                Vantage.RECORD,
                sentence(attempt),
                found,
                wanted,
                cure,
                why,
                source);
    }

    private static String sentence(Attempt attempt) {
        return "client " + attempt.clientId() + ", " + second(attempt.firstAt()) + ": " + attempt.says();
    }

    /** How far it came, as a timeline. */
    private static String found(Attempt attempt) {
        Map<String, Instant> stages = new LinkedHashMap<>();
        attempt.codeIssuedAt().ifPresent(at -> stages.put("code", at));
        attempt.redeemedAt().ifPresent(at -> stages.put("redeemed", at));
        attempt.tokenRefusedAt().ifPresent(at -> stages.put("token request refused", at));
        attempt.refreshedAt().ifPresent(at -> stages.put("refreshed", at));
        attempt.endedAt().ifPresent(at -> stages.put("ended", at));
        String found = stages.isEmpty()
                ? "it came as far as: " + attempt.reached()
                : stages.entrySet().stream()
                        .sorted(Map.Entry.comparingByValue())
                        .map(stage -> stage.getKey() + " " + second(stage.getValue()))
                        .collect(Collectors.joining(", "));
        return found + (attempt.times() > 1 ? ", " + attempt.times() + " times until " + second(attempt.lastAt()) : "");
    }

    private static Instant second(Instant moment) {
        return moment.truncatedTo(ChronoUnit.SECONDS);
    }

    private Finding nothingSeen(String clientId) {
        return new Finding(
                "nothing-seen",
                Severity.INFO,
                Vantage.RECORD,
                "client " + clientId + " did not try to link within the last week",
                "no attempt",
                "an attempt, if somebody has tried in the Alexa app",
                doctor(
                        "if somebody has tried, the app never came here. Your Web Authorization URI in Amazon's form must be\n"
                                + "    " + issuer + "/authorize\nand it must open from outside:"),
                "the app opens that address first of all",
                ClientChecks.FORM);
    }
}
