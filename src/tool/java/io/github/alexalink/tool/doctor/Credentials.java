package io.github.alexalink.tool.doctor;

import io.github.alexalink.client.SkillRedirectUris;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** What a link needs: the client, as it is entered at Amazon, and an account. Nothing of it gets into a report. */
public record Credentials(
        Optional<String> clientId,
        Optional<String> clientSecret,
        Optional<String> redirectUri,
        Optional<String> scope,
        Optional<String> username,
        Optional<String> password) {

    /** As the database has it, and a shell takes it for a word. */
    private static final Pattern CLIENT_ID = Pattern.compile("[A-Za-z0-9._-][A-Za-z0-9._~-]{0,99}");

    /** The client id for a line to paste; a placeholder, if it cannot be the one of a client. */
    String pastedClientId(String otherwise) {
        return clientId.filter(id -> CLIENT_ID.matcher(id).matches()).orElse(otherwise);
    }

    /** The vendor id at the end of the redirect URI, for a line to paste. */
    String pastedVendorId() {
        return redirectUri
                .flatMap(uri -> SkillRedirectUris.vendorIdOf(List.of(uri)))
                .filter(SkillRedirectUris::isVendorId)
                .orElse("M2EXAMPLE");
    }

    boolean hasClient() {
        return clientId.isPresent() && redirectUri.isPresent();
    }

    public boolean isComplete() {
        return hasClient() && clientSecret.isPresent() && username.isPresent() && password.isPresent();
    }

    /** The options that are missing, in words. */
    String missing() {
        StringBuilder missing = new StringBuilder();
        add(missing, clientId, "--client-id");
        add(missing, clientSecret, "--client-secret-file");
        add(missing, redirectUri, "--redirect-uri");
        add(missing, username, "--username");
        add(missing, password, "--password-file");
        return missing.toString();
    }

    private static void add(StringBuilder missing, Optional<String> value, String option) {
        if (value.isEmpty()) {
            missing.append(missing.isEmpty() ? "" : ", ").append(option);
        }
    }
}
