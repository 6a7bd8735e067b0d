package io.github.alexalink.client;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The redirect URIs of an Alexa skill: one for each of Amazon's regions, with the vendor id of the skill's developer at
 * its end. The language and the account of a listener's app decide which one Alexa uses, so a client needs all three.
 */
public final class SkillRedirectUris {

    /** One per region. */
    public static final List<String> HOSTS = List.of("pitangui.amazon.com", "layla.amazon.com", "alexa.amazon.co.jp");

    /** The path; the vendor id follows. */
    public static final String PATH = "/api/skill/link/";

    private static final Pattern ALIKE = Pattern.compile(
            "https://(?:" + String.join("|", HOSTS).replace(".", "\\.") + ")(?::443)?" + PATH + "([^/?#\\s]+).*",
            Pattern.CASE_INSENSITIVE);

    /** Ids that were seen are M and 12 to 14 letters and digits; Amazon promises nothing. */
    public static final String VENDOR_ID = "M[0-9A-Z]{7,31}";

    private SkillRedirectUris() {}

    /** Whether this may be a vendor id of Amazon's. */
    public static boolean isVendorId(String text) {
        return text.matches(VENDOR_ID);
    }

    /** The three of this vendor id. */
    public static List<String> of(String vendorId) {
        return HOSTS.stream().map(host -> "https://" + host + PATH + vendorId).toList();
    }

    /** Whether this is meant as one of a skill's, whatever the case of its letters. */
    public static boolean isAlike(String redirectUri) {
        return ALIKE.matcher(redirectUri).matches();
    }

    /**
     * The vendor id of which most of these are; the first in the alphabet if several vendor ids have as many. Empty if no
     * URI is a skill's.
     */
    public static Optional<String> vendorIdOf(Collection<String> redirectUris) {
        Map<String, Integer> counts = new TreeMap<>();
        for (String uri : redirectUris) {
            Matcher alike = ALIKE.matcher(uri);
            if (alike.matches()) {
                counts.merge(alike.group(1), of(alike.group(1)).contains(uri) ? 2 : 1, Integer::sum);
            }
        }
        return counts.entrySet().stream()
                .max(Map.Entry.<String, Integer>comparingByValue()
                        .thenComparing(
                                Map.Entry.<String, Integer>comparingByKey().reversed()))
                .map(Map.Entry::getKey);
    }
}
