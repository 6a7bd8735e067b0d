package io.github.alexalink.it;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * A certificate for localhost, by an intermediate authority, by a root that only {@link #trusted} knows: a proxy that
 * does not send the whole chain is found out, as Amazon would.
 */
final class LocalAuthority {

    private static final String PASSWORD = "changeit"; // of a key store that is gone when the tests are
    private static final String HOST = "localhost";

    private final Path folder;

    private LocalAuthority(Path folder) {
        this.folder = folder;
    }

    /** Makes root, intermediate and certificate with the JDK's keytool. */
    static LocalAuthority in(Path folder) throws IOException, InterruptedException, GeneralSecurityException {
        LocalAuthority authority = new LocalAuthority(Files.createDirectories(folder));
        authority.make("root", "-ext", "bc:c");
        authority.make("intermediate", "-signer", "root", "-ext", "bc:c");
        authority.make(HOST, "-signer", "intermediate", "-ext", "san=dns:" + HOST, "-ext", "eku=serverAuth");
        KeyStore keys = authority.keys();
        Certificate[] chain = keys.getCertificateChain(HOST);
        Files.writeString(authority.chain(), pem("CERTIFICATE", chain[0]) + pem("CERTIFICATE", chain[1]));
        Files.writeString(
                authority.key(),
                pem("PRIVATE KEY", keys.getKey(HOST, PASSWORD.toCharArray()).getEncoded()));
        return authority;
    }

    /** The certificate and the intermediate, as {@code fullchain.pem}. */
    Path chain() {
        return folder.resolve("fullchain.pem");
    }

    Path key() {
        return folder.resolve("privkey.pem");
    }

    /** Trusts the root and nothing else. */
    SSLContext trusted() throws IOException, GeneralSecurityException {
        KeyStore roots = KeyStore.getInstance(KeyStore.getDefaultType());
        roots.load(null, null);
        roots.setCertificateEntry("root", keys().getCertificate("root"));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(roots);
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(null, trust.getTrustManagers(), null);
        return tls;
    }

    private void make(String name, String... more) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                name,
                "-dname",
                "CN=" + name,
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-validity",
                "2",
                "-storepass",
                PASSWORD,
                "-keystore",
                folder.resolve("keys.p12").toString()));
        command.addAll(List.of(more));
        Path log = folder.resolve("keytool.log");
        Process keytool = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
        if (!keytool.waitFor(30, TimeUnit.SECONDS) || keytool.exitValue() != 0) {
            keytool.destroyForcibly();
            throw new AssertionError("keytool: " + Files.readString(log));
        }
    }

    private KeyStore keys() throws IOException, GeneralSecurityException {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream file = Files.newInputStream(folder.resolve("keys.p12"))) {
            keys.load(file, PASSWORD.toCharArray());
        }
        return keys;
    }

    private static String pem(String what, Certificate certificate) throws GeneralSecurityException {
        return pem(what, certificate.getEncoded());
    }

    private static String pem(String what, byte[] der) {
        return "-----BEGIN " + what + "-----\n"
                + Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
                        .encodeToString(der)
                + "\n-----END " + what + "-----\n";
    }
}
