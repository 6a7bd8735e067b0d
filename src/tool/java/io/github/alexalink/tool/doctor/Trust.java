package io.github.alexalink.tool.doctor;

import java.io.ByteArrayInputStream;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertStore;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateParsingException;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Collection;
import java.util.Date;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/**
 * Judges a chain by the roots of the JDK, which is what Amazon's servers run on, and by roots that were given. It fetches
 * no intermediate that was not sent.
 */
final class Trust {

    private static final int DNS = 2;
    private static final int IP = 7;

    private final Set<TrustAnchor> roots = new HashSet<>();

    /** @param more certificates of roots besides the JDK's */
    Trust(Collection<X509Certificate> more) {
        Stream.concat(jdk(), more.stream())
                .map(root -> new TrustAnchor(root, null))
                .forEach(roots::add);
    }

    /** The certificates in a PEM file. */
    static List<X509Certificate> pem(byte[] file) throws CertificateException {
        return CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(file)).stream()
                .map(X509Certificate.class::cast)
                .toList();
    }

    private static Stream<X509Certificate> jdk() {
        try {
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init((KeyStore) null);
            for (TrustManager manager : factory.getTrustManagers()) {
                if (manager instanceof X509TrustManager known) {
                    return Stream.of(known.getAcceptedIssuers());
                }
            }
        } catch (GeneralSecurityException broken) {
            throw new IllegalStateException("the JDK has no list of roots", broken);
        }
        return Stream.empty();
    }

    /** Whether a secret may be sent to whoever has shown this chain. */
    boolean isGood(List<X509Certificate> chain, String host) {
        return !chain.isEmpty()
                && names(chain.get(0)).stream().anyMatch(name -> fits(name, host))
                && leadsToARoot(chain, Instant.now()).isEmpty();
    }

    /** Why the chain leads to no root at this moment; empty if it does. */
    Optional<GeneralSecurityException> leadsToARoot(List<X509Certificate> chain, Instant moment) {
        try {
            X509CertSelector leaf = new X509CertSelector();
            leaf.setCertificate(chain.get(0));
            PKIXBuilderParameters parameters = new PKIXBuilderParameters(roots, leaf);
            parameters.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(chain)));
            parameters.setRevocationEnabled(false);
            parameters.setDate(Date.from(moment));
            CertPathBuilder.getInstance("PKIX").build(parameters);
            return Optional.empty();
        } catch (GeneralSecurityException refused) {
            return Optional.of(refused);
        }
    }

    /** The certificates from the first one to the last that was sent, each the issuer of the one before. */
    static List<X509Certificate> path(List<X509Certificate> chain) {
        Set<X509Certificate> path = new LinkedHashSet<>();
        Optional<X509Certificate> next = Optional.of(chain.get(0));
        while (next.isPresent() && path.add(next.get())) {
            X509Certificate issued = next.get();
            next = chain.stream()
                    .filter(other -> !path.contains(other) && isIssuedBy(issued, other))
                    .findFirst();
        }
        return List.copyOf(path);
    }

    static boolean isIssuedBy(X509Certificate certificate, X509Certificate issuer) {
        if (!certificate.getIssuerX500Principal().equals(issuer.getSubjectX500Principal())) {
            return false;
        }
        try {
            certificate.verify(issuer.getPublicKey());
            return true;
        } catch (GeneralSecurityException another) {
            return false;
        }
    }

    static boolean isSelfSigned(X509Certificate certificate) {
        return isIssuedBy(certificate, certificate);
    }

    /** Whether the organisation of the issuer has a root here: then an intermediate is missing, and no root. */
    boolean knowsTheOrganisationOf(X509Certificate certificate) {
        Optional<String> wanted =
                organisation(certificate.getIssuerX500Principal().getName());
        return wanted.isPresent()
                && roots.stream().anyMatch(root -> organisation(
                                root.getTrustedCert().getSubjectX500Principal().getName())
                        .equals(wanted));
    }

    private static Optional<String> organisation(String name) {
        return Stream.of(name.split("(?<!\\\\),"))
                .filter(part -> part.startsWith("O="))
                .findFirst();
    }

    /** The names for which a certificate is made. */
    static List<String> names(X509Certificate certificate) {
        try {
            Collection<List<?>> all = certificate.getSubjectAlternativeNames();
            return all == null
                    ? List.of()
                    : all.stream()
                            .filter(name -> Objects.equals(name.get(0), DNS) || Objects.equals(name.get(0), IP))
                            .map(name -> String.valueOf(name.get(1)))
                            .toList();
        } catch (CertificateParsingException broken) {
            return List.of();
        }
    }

    /** RFC 6125 §6.4.3: a star stands for the whole first label. */
    static boolean fits(String name, String host) {
        String wanted = host.toLowerCase(Locale.ROOT);
        String found = name.toLowerCase(Locale.ROOT);
        if (wanted.matches("[0-9.]+|.*:.*")) {
            try {
                return found.matches("[0-9.]+|.*:.*")
                        && InetAddress.getByName(found).equals(InetAddress.getByName(wanted));
            } catch (UnknownHostException broken) {
                return false;
            }
        }
        if (found.startsWith("*.")) {
            int dot = wanted.indexOf('.');
            return dot > 0 && wanted.substring(dot).equals(found.substring(1));
        }
        return found.equals(wanted);
    }
}
