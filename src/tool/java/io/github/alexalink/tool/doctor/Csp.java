package io.github.alexalink.tool.doctor;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** One Content-Security-Policy: of several, all apply (CSP3 §8.1). */
record Csp(String text) {

    static List<Csp> of(Reply page) {
        return page.all("content-security-policy").stream()
                .flatMap(header -> Stream.of(header.split(",")))
                .map(String::strip)
                .filter(policy -> !policy.isEmpty())
                .map(Csp::new)
                .toList();
    }

    /** Why the form, or the redirect that answers it, is stopped; empty if neither is. */
    Optional<String> stops(String self, String redirectUri) {
        Optional<List<String>> sandbox = directive("sandbox");
        if (sandbox.isPresent() && !sandbox.get().contains("allow-forms")) {
            return Optional.of("sandbox without allow-forms");
        }
        Optional<List<String>> formAction = directive("form-action");
        if (formAction.isEmpty()) {
            return Optional.empty();
        }
        boolean form = formAction.get().stream().anyMatch(source -> source.equals("'self'") || allows(source, self));
        boolean redirect = formAction.get().stream().anyMatch(source -> allows(source, redirectUri));
        return form && redirect ? Optional.empty() : Optional.of("form-action " + String.join(" ", formAction.get()));
    }

    private Optional<List<String>> directive(String name) {
        return Stream.of(text.split(";"))
                .map(part -> List.of(part.strip().split("\\s+")))
                .filter(parts -> parts.get(0).toLowerCase(Locale.ROOT).equals(name))
                .map(parts -> parts.subList(1, parts.size()))
                .findFirst();
    }

    private static boolean allows(String source, String url) {
        if (source.equals("*") || source.equalsIgnoreCase("https:")) {
            return true;
        }
        String bare = source.replaceFirst("^https://", "").replaceFirst("[:/].*", "");
        String host = url.replaceFirst("^https?://", "").replaceFirst("[:/].*", "");
        return bare.startsWith("*.") ? host.endsWith(bare.substring(1)) : bare.equalsIgnoreCase(host);
    }
}
