package io.github.alexalink.tool.doctor;

import java.util.Optional;

/** What a link needs: the client, as it is entered at Amazon, and an account. Nothing of it gets into a report. */
public record Credentials(
        Optional<String> clientId,
        Optional<String> clientSecret,
        Optional<String> redirectUri,
        Optional<String> scope,
        Optional<String> username,
        Optional<String> password) {

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
