package io.github.alexalink.tool;

import io.github.alexalink.client.SkillRedirectUris;
import io.github.alexalink.protocol.Printable;
import java.text.Normalizer;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The redirect URIs of Alexa, one per region, which differ between skills in the vendor id alone. */
final class RedirectUris {

    /** An id, or an address that ends in one, in capitals. */
    private static final Pattern VENDOR = Pattern.compile("(?:(?:HTTPS?://)?(?:"
            + String.join("|", SkillRedirectUris.HOSTS).replace(".", "\\.").toUpperCase(Locale.ROOT) + ")"
            + SkillRedirectUris.PATH.toUpperCase(Locale.ROOT) + ")?(" + SkillRedirectUris.VENDOR_ID + ")/?(?:[?#].*)?");

    /** Blanks, letters that cannot be seen, and what stands around a text that is copied. */
    private static final Pattern AROUND = Pattern.compile("[\\s\\p{Z}\\p{C}\"'`<>,;\u2018-\u201F\u00AB\u00BB]+");

    /** The id in our documents and help. */
    private static final String EXAMPLE = "M2EXAMPLE";

    private RedirectUris() {}

    /**
     * The three addresses of a vendor id, to be registered.
     *
     * @throws Refusal also for the id of our examples: with it in the place of the real one no link would come about
     */
    static List<String> toRegister(String pasted) throws Refusal {
        List<String> uris = ofAlexa(pasted);
        if (uris.equals(SkillRedirectUris.of(EXAMPLE))) {
            throw new Refusal(
                    EXAMPLE + " is the vendor id of an example, and not yours",
                    "yours ends the Alexa Redirect URLs on the skill's account linking page at Amazon");
        }
        return uris;
    }

    /** The three addresses of a vendor id, which may be pasted as one of the addresses, or as all of them. */
    static List<String> ofAlexa(String pasted) throws Refusal {
        String clean = AROUND.matcher(Normalizer.normalize(pasted, Normalizer.Form.NFKC))
                .replaceAll("")
                .toUpperCase(Locale.ROOT);
        Set<String> ids = new LinkedHashSet<>();
        for (String each : clean.split("(?=HTTPS?://)", -1)) {
            Matcher vendor = VENDOR.matcher(each);
            if (!vendor.matches()) {
                throw new Refusal(
                        "[" + Printable.of(pasted) + "] is no vendor id of Amazon: M and about 13 letters and digits",
                        "it ends the Alexa Redirect URLs on the skill's account linking page");
            }
            ids.add(vendor.group(1));
        }
        if (ids.size() > 1) {
            throw new Refusal(
                    "these are addresses of several vendors: " + String.join(", ", ids),
                    "paste those of one skill, or the id alone");
        }
        return SkillRedirectUris.of(ids.iterator().next());
    }
}
