package io.github.alexalink.diagnosis;

import io.github.alexalink.client.Client;
import io.github.alexalink.client.Registration;
import io.github.alexalink.client.SkillRedirectUris;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Whether Alexa is registered in such a way that a link can come about. */
public final class ClientChecks {

    /** Amazon's page about the form that a developer fills in. */
    static final String FORM =
            "https://developer.amazon.com/docs/account-linking/configure-authorization-code-grant.html";

    private static final int MOST_SCOPES = 15;

    private ClientChecks() {}

    /** The clients that are meant for a skill of Alexa's. */
    public static List<Registration> ofAlexa(List<Registration> all) {
        return all.stream()
                .filter(registration ->
                        registration.client().redirectUris().stream().anyMatch(SkillRedirectUris::isAlike))
                .toList();
    }

    static List<Finding> of(List<Registration> all, Psql psql) {
        List<Registration> alexa = ofAlexa(all);
        return alexa.isEmpty()
                ? List.of(none(all, Vantage.INSIDE))
                : alexa.stream()
                        .flatMap(registration -> of(registration, Vantage.INSIDE, psql).stream())
                        .toList();
    }

    /** If no client is meant for a skill of Alexa's. */
    public static Finding none(List<Registration> all, Vantage vantage) {
        return new Finding(
                "client-unknown",
                Severity.ERROR,
                vantage,
                "no client is registered for Alexa",
                all.isEmpty()
                        ? "no client at all"
                        : "other clients: "
                                + all.stream()
                                        .map(registration ->
                                                registration.client().clientId())
                                        .collect(Collectors.joining(", ")),
                "a client with the three redirect URIs of an Alexa skill",
                "with the vendor id that Amazon's form shows at the end of its Alexa Redirect URLs:\n"
                        + "    sudo java -jar alexa.war client add alexa --alexa-vendor M2EXAMPLE",
                "the authorization request is refused on a page before anybody can sign in",
                FORM);
    }

    /** What can be said of one client. */
    static List<Finding> of(Registration registration, Vantage vantage, Psql psql) {
        Client client = registration.client();
        if (!client.enabled()) {
            return List.of(new Finding(
                    "client-disabled",
                    Severity.ERROR,
                    vantage,
                    "client " + client.clientId() + " is disabled",
                    "disabled",
                    "enabled",
                    "    sudo java -jar alexa.war client enable " + Shell.word(client.clientId()),
                    "every request and every token of it is refused",
                    FORM));
        }
        List<Finding> findings = new ArrayList<>();
        findings.add(redirectUris(client, vantage)
                .orElseGet(() -> Finding.ok(
                        "redirect-uri-missing",
                        vantage,
                        "client " + client.clientId() + " has the redirect URIs of all three regions")));
        secret(registration, vantage).ifPresent(findings::add);
        pkce(client, vantage).ifPresent(findings::add);
        findings.add(scopes(client, vantage, psql)
                .orElseGet(() -> Finding.ok(
                        "scopes-differ",
                        vantage,
                        "client " + client.clientId() + " may ask for "
                                + String.join(" ", client.scopes().keySet()))));
        return findings;
    }

    private static Optional<Finding> redirectUris(Client client, Vantage vantage) {
        String vendorId = SkillRedirectUris.vendorIdOf(client.redirectUris())
                .map(ClientChecks::tidied)
                .filter(SkillRedirectUris::isVendorId)
                .orElse("M2EXAMPLE");
        List<String> wanted = SkillRedirectUris.of(vendorId);
        List<String> missing = wanted.stream()
                .filter(uri -> !client.redirectUris().contains(uri))
                .toList();
        if (missing.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new Finding(
                "redirect-uri-missing",
                Severity.ERROR,
                vantage,
                "client " + client.clientId() + " lacks " + missing.size() + " of the three redirect URIs of its skill"
                        + instead(client, missing),
                client.redirectUris().stream().sorted().collect(Collectors.joining("\n")),
                String.join("\n", wanted),
                skillLine(client, vendorId),
                "language and account of a listener's app decide which of the three Alexa uses; a request with one that"
                        + " is not registered is refused",
                FORM));
    }

    /** In capitals, as Amazon writes it, and without what got behind it when it was pasted. */
    private static String tidied(String vendorId) {
        return vendorId.replaceFirst("(?:%[0-9A-Fa-f]{2}|[^0-9A-Za-z])+$", "").toUpperCase(Locale.ROOT);
    }

    /** What is registered in the place of those that are missing. */
    private static String instead(Client client, List<String> missing) {
        Set<String> words = new TreeSet<>();
        for (String uri : client.redirectUris()) {
            Optional<String> begun = missing.stream()
                    .filter(one -> uri.regionMatches(true, 0, one, 0, one.length()))
                    .findFirst();
            if (begun.isPresent() && uri.length() > begun.get().length()) {
                words.add("one has [" + uri.substring(begun.get().length()) + "] at its end");
            } else if (begun.isPresent()) {
                words.add("one differs in upper and lower case");
            } else if (missing.stream().anyMatch(one -> sameHost(one, uri)) && SkillRedirectUris.isAlike(uri)) {
                words.add("one has another vendor id");
            }
        }
        return words.isEmpty() ? "" : ": " + String.join(", ", words);
    }

    private static boolean sameHost(String one, String other) {
        return URI.create(one).getHost().equalsIgnoreCase(URI.create(other).getHost());
    }

    /** What Amazon's form must say; whether it does, only a link shows. */
    private static Optional<Finding> pkce(Client client, Vantage vantage) {
        String who = "client " + client.clientId();
        if (vantage == Vantage.CONSOLE) { // its answer has no member for it
            return client.pkceRequired()
                    ? Optional.of(Finding.info(
                            "pkce-differs",
                            vantage,
                            who + " demands PKCE, and ask smapi does not say whether it is on",
                            "not known",
                            "on, with S256"))
                    : Optional.empty();
        }
        return Optional.of(Finding.ok(
                "pkce-differs",
                vantage,
                client.pkceRequired()
                        ? who + " demands PKCE: the console must have it on, with S256"
                        : who + " works with PKCE and without; on, with S256, is safer"));
    }

    /** The line that registers the three of this vendor id, and keeps those that are no skill's. */
    static String skillLine(Client client, String vendorId) {
        List<String> others = client.redirectUris().stream()
                .filter(uri -> !SkillRedirectUris.isAlike(uri))
                .sorted()
                .toList();
        return others.isEmpty()
                ? "    sudo java -jar alexa.war client uris " + Shell.word(client.clientId()) + " --alexa-vendor "
                        + vendorId
                : line(client, Stream.concat(SkillRedirectUris.of(vendorId).stream(), others.stream()));
    }

    /** The line that registers this address beside those that the client has. */
    static String anotherLine(Client client, String uri) {
        return line(client, Stream.concat(client.redirectUris().stream().sorted(), Stream.of(uri)));
    }

    private static String line(Client client, Stream<String> uris) {
        return "    sudo java -jar alexa.war client uris " + Shell.word(client.clientId())
                + uris.map(uri -> " --redirect-uri " + Shell.quoted(uri)).collect(Collectors.joining());
    }

    private static Optional<Finding> secret(Registration registration, Vantage vantage) {
        Client client = registration.client();
        if (client.kind() != Client.Kind.CONFIDENTIAL) {
            return Optional.empty();
        }
        boolean none = client.secretHashes().isEmpty();
        if (!none && registration.secretUntil().isEmpty()) {
            return Optional.of(Finding.ok(
                    "secret-expired", vantage, "client " + client.clientId() + " has a secret that does not expire"));
        }
        String when = registration.secretUntil().map(Object::toString).orElse("no secret");
        return Optional.of(new Finding(
                "secret-expired",
                none ? Severity.ERROR : Severity.WARNING,
                vantage,
                "client " + client.clientId()
                        + (none ? " has no secret that is valid" : " has a secret that will expire"),
                when,
                "a secret that does not expire",
                "and enter what it prints at Amazon:\n    sudo java -jar alexa.war client secret "
                        + Shell.word(client.clientId()),
                "each token request is answered with invalid_client" + (none ? "" : " from then on"),
                "https://datatracker.ietf.org/doc/html/rfc6749#section-2.3.1"));
    }

    private static Optional<Finding> scopes(Client client, Vantage vantage, Psql psql) {
        int count = client.scopes().size();
        if (count >= 1 && count <= MOST_SCOPES) {
            return Optional.empty();
        }
        return Optional.of(new Finding(
                "scopes-differ",
                Severity.ERROR,
                vantage,
                "client " + client.clientId() + " has " + (count == 0 ? "no scope" : "too many scopes"),
                count + " scopes",
                "1 to " + MOST_SCOPES + " scopes",
                psql.run(Psql.select("alexa.change_client($$" + client.clientId()
                        + "$$, scopes => ARRAY[$$music.read$$, $$music.control$$])")),
                count == 0
                        ? "a request without a scope that is allowed is refused"
                        : "Amazon's form takes " + MOST_SCOPES,
                FORM));
    }
}
