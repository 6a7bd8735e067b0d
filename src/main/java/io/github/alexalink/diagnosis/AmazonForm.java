package io.github.alexalink.diagnosis;

import io.github.alexalink.client.Client;
import io.github.alexalink.client.Registration;
import io.github.alexalink.client.SkillRedirectUris;
import io.github.alexalink.protocol.Printable;
import io.github.alexalink.protocol.Sha256;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.json.JSONArray;
import org.json.JSONObject;

/**
 * What to enter on the page Account Linking of the Alexa developer console, and in what its answer differs.
 *
 * @param registration the client
 * @param secret its secret, if it is known; the database has only the hash
 */
public record AmazonForm(URI issuer, Registration registration, Optional<String> secret) {

    private static final Set<String> SCHEMES = Set.of("HTTP_BASIC", "REQUEST_BODY_CREDENTIALS");
    /** The port that an address of this kind has anyway. */
    private static final Pattern DEFAULT_PORT = Pattern.compile("^(https://[^/?#]+?):443(?=/)");

    private static final String RESPONSE = "accountLinkingResponse";
    private static final String REQUEST = "accountLinkingRequest";

    /**
     * A field of the form.
     *
     * @param label as Amazon's page has it
     * @param values to paste; several if the form has a line for each
     * @param remark for the person who pastes; may be empty
     */
    public record Field(String label, List<String> values, String remark) {}

    private String authorizationUri() {
        return issuer + "/authorize";
    }

    private String tokenUri() {
        return issuer + "/token";
    }

    private List<String> scopes() {
        return List.copyOf(registration.client().scopes().keySet());
    }

    /** All fields, in the order of the form. */
    public List<Field> fields() {
        Client client = registration.client();
        return List.of(
                new Field(
                        "Do you allow users to create an account or link to an existing account with you?",
                        List.of("On"),
                        ""),
                new Field(
                        "Allow users to link their account … using app-to-app linking",
                        List.of("Off"),
                        "unless you have an app of your own"),
                new Field("Authorization grant type", List.of("Auth Code Grant"), ""),
                new Field("Your Web Authorization URI", List.of(authorizationUri()), ""),
                new Field("Access Token URI", List.of(tokenUri()), ""),
                new Field("Your Client ID", List.of(client.clientId()), ""),
                new Field("Your Secret", secret.stream().toList(), secret.isPresent() ? "" : secretRemark()),
                new Field("Your Authentication Scheme", List.of("HTTP Basic"), "credentials in the body work as well"),
                new Field(
                        "Proof Key for Code Exchange (PKCE)",
                        List.of("On", "S256"),
                        client.pkceRequired()
                                ? "this client is refused without it"
                                : "Off works as well, and is less safe"),
                new Field("Scope", scopes(), ""),
                new Field("Domain List", List.of(), "stays empty: our pages load nothing from elsewhere"),
                new Field(
                        "Default Access Token Expiration Time",
                        List.of(),
                        "stays empty: every answer says it, "
                                + registration.accessTokenLifetime().toSeconds() + " seconds"));
    }

    private String secretRemark() {
        return registration.client().kind() == Client.Kind.PUBLIC
                ? "a public client has none"
                : "not known here. Makes a new one, and the old one works for an hour:\n    sudo java -jar alexa.war client secret "
                        + Shell.word(registration.client().clientId());
    }

    /**
     * The body for {@code ask smapi update-account-linking-info}. If the secret is not known, the member is left out:
     * Amazon would take any text in its place for the secret, and linking would fail.
     */
    public String json() {
        List<String> members = new ArrayList<>();
        member(members, "type", "AUTH_CODE");
        member(members, "authorizationUrl", authorizationUri());
        member(members, "accessTokenUrl", tokenUri());
        member(members, "clientId", registration.client().clientId());
        secret.ifPresent(known -> member(members, "clientSecret", known));
        member(members, "accessTokenScheme", "HTTP_BASIC");
        members.add("\"scopes\": " + new JSONArray(scopes()));
        members.add("\"domains\": []");
        members.add("\"defaultTokenExpirationInSeconds\": "
                + registration.accessTokenLifetime().toSeconds());
        members.add("\"skipOnEnablement\": false");
        return members.stream().collect(Collectors.joining(",\n    ", "{\n  \"" + REQUEST + "\": {\n    ", "\n  }\n}"));
    }

    private static void member(List<String> members, String name, String value) {
        members.add("\"" + name + "\": " + JSONObject.quote(value));
    }

    /**
     * The part of an answer of Amazon's that has the form: {@code get-account-linking-info} answers flat or within {@code
     * accountLinkingResponse}, and a file for the way back has {@code accountLinkingRequest}. Empty if it has no form.
     */
    public static Optional<JSONObject> in(JSONObject answer) {
        for (String name : List.of(RESPONSE, REQUEST)) {
            if (answer.optJSONObject(name) != null) {
                return Optional.of(answer.getJSONObject(name));
            }
        }
        return Optional.of(answer).filter(form -> form.has("clientId") || form.has("authorizationUrl"));
    }

    /**
     * In what the console's form differs from this one. Members that are not known are ignored.
     *
     * @param all every client that is registered here
     */
    public List<Finding> compare(JSONObject console, List<Registration> all) {
        List<Finding> findings = new ArrayList<>();
        Client client = registration.client();
        same(
                findings,
                "type",
                text(console, "type"),
                "AUTH_CODE",
                "an implicit grant gives Alexa no refresh token, and this server has none");
        same(
                findings,
                "authorizationUrl",
                text(console, "authorizationUrl"),
                authorizationUri(),
                "the Alexa app opens this address, and the listener sees the page of another server or none");
        same(
                findings,
                "accessTokenUrl",
                text(console, "accessTokenUrl"),
                tokenUri(),
                "Alexa asks there for tokens, after the listener has signed in");
        clientId(findings, text(console, "clientId"), all);
        secret(findings, console);
        scheme(findings, text(console, "accessTokenScheme"));
        scopes(findings, console);
        harmless(findings, console);
        appLinks(findings, console);
        if (text(console, "clientId").equals(client.clientId())) {
            ClientChecks.of(registration, Vantage.CONSOLE, new Psql("alexa")).stream()
                    .filter(finding -> finding.severity().compareTo(Severity.INFO) <= 0)
                    .forEach(findings::add);
        }
        return findings;
    }

    private static void same(List<Finding> findings, String field, String found, String wanted, String why) {
        if (!found.equals(wanted)
                && !DEFAULT_PORT.matcher(found).replaceFirst("$1").equals(wanted)) {
            findings.add(differs(Severity.ERROR, field, found, wanted, why));
        }
    }

    private static Finding differs(Severity severity, String field, String found, String wanted, String why) {
        return fault(
                "console-differs",
                severity,
                field + " differs" + (found.strip().equals(wanted) ? ": white space around it" : ""),
                shown(found),
                wanted,
                "enter what is wanted on the page Account Linking of the Alexa developer console",
                why);
    }

    private static Finding fault(
            String id, Severity severity, String says, String found, String wanted, String cure, String why) {
        return new Finding(id, severity, Vantage.CONSOLE, says, found, wanted, cure, why, ClientChecks.FORM);
    }

    private void clientId(List<Finding> findings, String found, List<Registration> all) {
        String wanted = registration.client().clientId();
        if (found.equals(wanted)) {
            return;
        }
        boolean registered =
                all.stream().anyMatch(other -> other.client().clientId().equals(found));
        String why = "the authorization request is refused on a page before anybody can sign in";
        findings.add(
                registered
                        ? differs(Severity.ERROR, "clientId", found, wanted, "it is another client of this server")
                        : fault(
                                "client-unknown",
                                Severity.ERROR,
                                "clientId is not registered here"
                                        + (found.strip().equals(wanted) ? ": white space around it" : ""),
                                shown(found),
                                wanted,
                                "enter what is wanted on the page Account Linking of the Alexa developer console",
                                why));
    }

    /** An answer of Amazon's has no secret; a file for the way back has. */
    private void secret(List<Finding> findings, JSONObject console) {
        String found = text(console, "clientSecret");
        Client client = registration.client();
        if (!console.has("clientSecret") || client.secretHashes().stream().anyMatch(Sha256.of(found)::matches)) {
            return;
        }
        findings.add(fault(
                "secret-wrong",
                Severity.ERROR,
                "clientSecret is not a secret of this client",
                "another secret" + (found.equals(found.strip()) ? "" : ", with white space around it"),
                "the one that was printed when it was made",
                "if it is lost, make a new one:\n    sudo java -jar alexa.war client secret "
                        + Shell.word(client.clientId()),
                "each token request is answered with invalid_client"));
    }

    private static void scheme(List<Finding> findings, String found) {
        if (!SCHEMES.contains(found)) {
            findings.add(differs(
                    Severity.ERROR, "accessTokenScheme", found, "HTTP_BASIC", "Alexa cannot prove which client it is"));
        }
    }

    private void scopes(List<Finding> findings, JSONObject console) {
        Set<String> found = new LinkedHashSet<>(texts(console, "scopes"));
        List<String> allowed = scopes();
        List<String> tooMany =
                found.stream().filter(scope -> !allowed.contains(scope)).toList();
        List<String> missing =
                allowed.stream().filter(scope -> !found.contains(scope)).toList();
        if (!tooMany.isEmpty()) {
            findings.add(fault(
                    "scopes-differ",
                    Severity.ERROR,
                    "the form asks for a scope that client "
                            + registration.client().clientId() + " may not have",
                    shown(String.join(" ", found)),
                    String.join(" ", allowed),
                    "take it out of the form, or allow it here",
                    "the authorization request is refused with invalid_scope, and no page is shown"));
        } else if (!missing.isEmpty() && !found.isEmpty()) { // without any, Alexa gets all of them
            findings.add(fault(
                    "scopes-differ",
                    Severity.WARNING,
                    "the form does not ask for all scopes of client "
                            + registration.client().clientId(),
                    shown(String.join(" ", found)),
                    String.join(" ", allowed),
                    "add to the form: " + String.join(" ", missing),
                    "what needs the scope will be refused by the music server"));
        }
    }

    private void harmless(List<Finding> findings, JSONObject console) {
        List<String> domains = texts(console, "domains");
        if (!domains.isEmpty()) {
            findings.add(Finding.info(
                    "console-differs",
                    Vantage.CONSOLE,
                    "domains differs, and does no harm",
                    shown(String.join(" ", domains)),
                    "none"));
        }
        String seconds = Long.toString(registration.accessTokenLifetime().toSeconds());
        String expiration = text(console, "defaultTokenExpirationInSeconds");
        if (!expiration.isEmpty() && !expiration.equals(seconds)) {
            findings.add(Finding.info(
                    "console-differs",
                    Vantage.CONSOLE,
                    "defaultTokenExpirationInSeconds differs, and does no harm: every answer says it",
                    shown(expiration),
                    seconds));
        }
        if (console.optBoolean("skipOnEnablement")) {
            findings.add(Finding.info(
                    "console-differs",
                    Vantage.CONSOLE,
                    "skipOnEnablement differs: listeners can enable the skill without linking",
                    "true",
                    "false"));
        }
    }

    /** Addresses of apps that begin a link themselves, and Alexa's own if somebody wrote them there. */
    private void appLinks(List<Finding> findings, JSONObject console) {
        Client client = registration.client();
        List<String> missing = texts(console, "redirectUrls").stream()
                .filter(uri -> client.registered(uri).isEmpty())
                .toList();
        List<String> skills =
                missing.stream().filter(SkillRedirectUris::isAlike).toList();
        if (!skills.isEmpty()) { // three addresses of another vendor are one mistake
            findings.add(notRegistered(
                    Severity.ERROR,
                    skills,
                    SkillRedirectUris.vendorIdOf(skills)
                            .filter(SkillRedirectUris::isVendorId)
                            .map(vendorId -> "take it out of the form, or register it here:\n"
                                    + ClientChecks.skillLine(client, vendorId))
                            .orElse("take it out of the form: what stands at its end is no vendor id of Amazon's"),
                    "a request with it is refused"));
        }
        missing.stream()
                .filter(uri -> !skills.contains(uri))
                .map(uri -> notRegistered(
                        Severity.WARNING,
                        List.of(uri),
                        "take it out of the form, or register it here:\n" + ClientChecks.anotherLine(client, uri),
                        "an app that begins a link with it is refused; links from the Alexa app work"))
                .forEach(findings::add);
    }

    private Finding notRegistered(Severity severity, List<String> uris, String cure, String why) {
        Client client = registration.client();
        return fault(
                "redirect-uri-missing",
                severity,
                "redirectUrls has " + (uris.size() == 1 ? "an address" : uris.size() + " addresses") + " that client "
                        + client.clientId() + " does not have",
                uris.stream().map(AmazonForm::shown).collect(Collectors.joining("\n")),
                client.redirectUris().stream().sorted().collect(Collectors.joining("\n")),
                cure,
                why);
    }

    private static String text(JSONObject console, String name) {
        return console.isNull(name) ? "" : String.valueOf(console.get(name));
    }

    private static List<String> texts(JSONObject console, String name) {
        Object value = console.opt(name);
        if (value instanceof JSONArray several) {
            return several.toList().stream().map(String::valueOf).toList();
        }
        return value == null || value == JSONObject.NULL ? List.of() : List.of(String.valueOf(value));
    }

    /** Safe for a terminal, and with brackets if there is white space around it, or nothing in it. */
    private static String shown(String found) {
        String printed = Printable.of(found);
        return found.isEmpty() || !found.equals(found.strip()) ? "[" + printed + "]" : printed;
    }

    /** Without the secret. */
    @Override
    public String toString() {
        return "form of " + registration.client().clientId();
    }
}
