package io.github.alexalink.tool;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** The redirect URIs of a client: Alexa's three, made of the vendor id, or any. */
final class RedirectUris {

    private static final Pattern VENDOR = Pattern.compile("(?:.*/)?(M[0-9A-Z]{8,20})(?:[/?#].*)?");

    private static final List<String> REGIONS =
            List.of("pitangui.amazon.com", "layla.amazon.com", "alexa.amazon.co.jp");

    /** One of the two. */
    static final class Choice {
        @Option(
                names = "--alexa-vendor",
                paramLabel = "ID",
                required = true,
                description =
                        "for Alexa: the end of the redirect addresses in Amazon's console, M and letters and digits;"
                                + " a whole address will do")
        private Optional<String> vendor = Optional.empty();

        @Option(
                names = "--redirect-uri",
                paramLabel = "URI",
                required = true,
                description = "for another client: where it wants its answers; can be repeated")
        private List<String> uris = List.of();
    }

    @ArgGroup(multiplicity = "1")
    private Choice choice;

    List<String> get() throws Refusal {
        return choice.vendor.isPresent() ? ofAlexa(choice.vendor.get()) : choice.uris;
    }

    /** The three addresses of a vendor id, or of one of the addresses as it was pasted. */
    static List<String> ofAlexa(String pasted) throws Refusal {
        Matcher vendor = VENDOR.matcher(pasted.replaceAll("[\\s\\p{Z}\\p{C}\"']", "")
                .replaceFirst("/$", "")
                .replaceFirst("(?<=/|^)m(?=[0-9A-Za-z]{8,20}$)", "M"));
        if (!vendor.matches()) {
            vendor = VENDOR.matcher(pasted.strip().toUpperCase(Locale.ROOT));
        }
        if (!vendor.matches()) {
            throw new Refusal(
                    "[" + pasted + "] is no vendor id of Amazon",
                    "it is the end of the three Alexa Redirect URLs in the developer console: M and 8 to 20 letters and"
                            + " digits");
        }
        String id = vendor.group(1);
        return REGIONS.stream()
                .map(region -> "https://" + region + "/api/skill/link/" + id)
                .toList();
    }
}
