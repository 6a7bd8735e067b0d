package io.github.alexalink.tool.doctor;

import io.github.alexalink.diagnosis.Finding;
import io.github.alexalink.protocol.Printable;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAPublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What is wrong with a chain of certificates as it was sent. */
final class Certificates {

    private static final Duration SOON = Duration.ofDays(14);
    private static final int LEAST_BITS = 2048;
    private static final String NO_TOKEN =
            "Amazon ends the connection, and no token is fetched. A browser may show the page all the same";

    private final Trust trust;
    private final Target target;
    private final Instant now;

    /** @param now on the clock that is believed */
    Certificates(Trust trust, Target target, Instant now) {
        this.trust = trust;
        this.target = target;
        this.now = now;
    }

    /**
     * The faults of a chain.
     *
     * @param at on which of several addresses, in words; empty if there is one
     */
    List<Finding> of(List<X509Certificate> chain, String at) {
        X509Certificate leaf = chain.get(0);
        if (Trust.isSelfSigned(leaf) && trust.leadsToARoot(chain, within(leaf)).isPresent()) {
            return List.of(selfSigned(leaf, at)); // a new certificate cures date and name too
        }
        List<Finding> faults = new ArrayList<>();
        dates(chain, at).ifPresent(faults::add);
        name(leaf, at).ifPresent(faults::add);
        Optional<Finding> weak = weak(chain, at);
        weak.or(() -> path(chain, at, faults)).ifPresent(faults::add);
        return faults;
    }

    private static Finding fault(String id, String says, String found, String wanted, String cure) {
        return Words.error(id, says, found, wanted, cure, NO_TOKEN, Words.AMAZON);
    }

    private Finding selfSigned(X509Certificate leaf, String at) {
        return fault(
                "root-unknown",
                "the certificate is self-signed" + at,
                "issued by itself, " + issuer(leaf) + ", for " + shownNames(leaf),
                "a certificate of a CA that Amazon trusts",
                publicOne(leaf));
    }

    private Optional<Finding> dates(List<X509Certificate> chain, String at) {
        for (X509Certificate certificate : Trust.path(chain)) {
            boolean leaf = certificate.equals(chain.get(0));
            if (Trust.isSelfSigned(certificate)
                    || (!leaf && trust.leadsToARoot(chain, now).isEmpty())) {
                continue; // a root is not used as it was sent, nor is an intermediate if there is a way without it
            }
            String which = leaf ? "the certificate" : "an intermediate certificate that is sent along";
            Instant until = certificate.getNotAfter().toInstant();
            Instant from = certificate.getNotBefore().toInstant();
            if (now.isAfter(until)) {
                return Optional.of(fault(
                        "certificate-expired",
                        which + " has expired" + at,
                        "valid until " + until,
                        "valid now, " + now,
                        leaf
                                ? "renew it, and reload the proxy so that it uses the new one. certbot and nginx:"
                                        + "\n    sudo certbot renew && sudo systemctl reload nginx"
                                        + "\nIf it was renewed already, only the reload is missing"
                                : "let the proxy use the whole chain of the last renewal (fullchain.pem), and reload"
                                        + " it:\n    sudo systemctl reload nginx"));
            }
            if (now.isBefore(from)) {
                return Optional.of(fault(
                        "certificate-not-yet",
                        which + " is not valid yet" + at,
                        "valid from " + from,
                        "valid now, " + now,
                        "correct the clock of the machine that made it (timedatectl set-ntp true), and get a new one"));
            }
        }
        Instant until = chain.get(0).getNotAfter().toInstant();
        long days = Duration.between(now, until).toDays();
        return Duration.between(now, until).compareTo(SOON) < 0
                ? Optional.of(Words.warning(
                        "certificate-soon",
                        "the certificate expires in " + days + (days == 1 ? " day" : " days") + at,
                        "valid until " + until,
                        "14 days or more: certbot renews 30 days before",
                        "see why it is not renewed by itself. certbot:\n    sudo certbot renew --dry-run",
                        "from that moment on Amazon fetches no token, and links that exist stop working too",
                        Words.AMAZON))
                : Optional.empty();
    }

    private Optional<Finding> name(X509Certificate leaf, String at) {
        List<String> names = Trust.names(leaf);
        if (names.stream().anyMatch(name -> Trust.fits(name, target.host()))) {
            return Optional.empty();
        }
        return Optional.of(fault(
                "name-not-in-certificate",
                "the certificate is for another name" + at,
                shownNames(leaf),
                target.host(),
                "let the proxy use a certificate for " + target.host()
                        + " for this name (server_name in nginx, ServerName"
                        + " in Apache httpd). If there is none yet, certbot makes one:\n    sudo certbot certonly -d "
                        + target.host()
                        + "\nOr enter the name that was found at Amazon and, by setup --issuer, here"));
    }

    private static String shownNames(X509Certificate leaf) {
        List<String> names = Trust.names(leaf);
        if (names.isEmpty()) {
            return "no subjectAltName; " + subject(leaf) + " does not count";
        }
        String shown = String.join(", ", names.subList(0, Math.min(names.size(), 5)));
        return Printable.of(shown) + (names.size() > 5 ? ", and " + (names.size() - 5) + " more" : "");
    }

    /** @param known the faults so far: what only follows from them is left out */
    private Optional<Finding> path(List<X509Certificate> chain, String at, List<Finding> known) {
        boolean wrongDate = known.stream().anyMatch(fault -> fault.id().startsWith("certificate-"));
        Optional<GeneralSecurityException> why = trust.leadsToARoot(chain, wrongDate ? within(chain.get(0)) : now);
        if (why.isEmpty()) {
            return Optional.empty();
        }
        List<X509Certificate> path = Trust.path(chain);
        X509Certificate last = path.get(path.size() - 1);
        boolean root = Trust.isSelfSigned(last);
        if (!root && (path.size() == 1 || trust.knowsTheOrganisationOf(last))) {
            return Optional.of(Words.error(
                    "chain-incomplete",
                    "the server does not send its whole chain of certificates" + at,
                    chain.size()
                            + (chain.size() == 1 ? " certificate: " : " certificates; the issuer of ")
                            + subject(last)
                            + (chain.size() == 1 ? ", and not that of its issuer " : " is missing: ")
                            + issuer(last),
                    "the certificate, and each one between it and a root",
                    "let the proxy use fullchain.pem (as certbot calls it; in acme.sh fullchain.cer) in the place of"
                            + " cert.pem, and reload it. nginx with certbot:"
                            + "\n    ssl_certificate /etc/letsencrypt/live/" + target.host() + "/fullchain.pem;"
                            + "\nIn a form of a router or a NAS, the intermediate certificate has a field of its own",
                    "your browser fetches the missing one by itself, or has it already. Amazon fetches none: it ends the"
                            + " connection, and no token is fetched",
                    Words.CHAIN_RFC));
        }
        if (wrongDate) {
            return Optional.empty(); // an intermediate's date may be the reason
        }
        return Optional.of(fault(
                "root-unknown",
                "the certificate leads to no CA that Amazon trusts" + at,
                "issued by " + issuer(last)
                        + (root || path.size() > 1 ? "" : ", " + why.get().getMessage()),
                "a CA that every browser and the JDK know",
                publicOne(last)));
    }

    /** How to get a certificate that is trusted; the issuer tells what happened. */
    private String publicOne(X509Certificate last) {
        return Issuer.of(last.getIssuerX500Principal().getName())
                .map(issuer -> issuer.cure(target.host()))
                .orElse("get a certificate of a public CA, and let the proxy use the whole chain: by the button in your"
                        + " proxy, by acme.sh, by Caddy (which does it by itself), or by certbot:"
                        + "\n    sudo certbot certonly -d " + target.host()
                        + "\nAmazon's list of CAs stands at source. A CA of your own is not on it");
    }

    /** A signature or a key that Java, and so Amazon, refuses whoever issued it. */
    private Optional<Finding> weak(List<X509Certificate> chain, String at) {
        for (X509Certificate certificate : Trust.path(chain)) {
            String signed = certificate.getSigAlgName();
            int bits = certificate.getPublicKey() instanceof RSAPublicKey key
                    ? key.getModulus().bitLength()
                    : LEAST_BITS;
            boolean old = signed.matches("(?i)(sha-?1|md[25])with.*");
            if (!Trust.isSelfSigned(certificate) && (old || bits < LEAST_BITS)) {
                return Optional.of(fault(
                        "certificate-weak",
                        (certificate.equals(chain.get(0)) ? "the certificate" : "an intermediate certificate")
                                + " is made as nobody makes them any more" + at,
                        old ? "signed by " + Printable.of(signed) : "an RSA key of " + bits + " bits",
                        "SHA-256 or better, and an RSA key of 2048 bits or an EC key",
                        "get a new certificate of a public CA, with a new key:\n    sudo certbot certonly -d "
                                + target.host()));
            }
        }
        return Optional.empty();
    }

    private static String issuer(X509Certificate certificate) {
        return "[" + Printable.of(certificate.getIssuerX500Principal().getName()) + "]";
    }

    private static String subject(X509Certificate certificate) {
        return "[" + Printable.of(certificate.getSubjectX500Principal().getName()) + "]";
    }

    /** A moment at which it is valid, so that the date is not the reason. */
    private Instant within(X509Certificate leaf) {
        Instant until = leaf.getNotAfter().toInstant();
        Instant from = leaf.getNotBefore().toInstant();
        return now.isAfter(until) ? until.minusSeconds(1) : now.isBefore(from) ? from.plusSeconds(1) : now;
    }
}
