package io.github.alexalink.bearer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.HostnameVerifier;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("An application in the same JVM has set TLS defaults that trust everybody")
class CertificatesTest {

    private static final char[] PASSWORD = "changeit".toCharArray();

    private final SSLSocketFactory usualFactory = HttpsURLConnection.getDefaultSSLSocketFactory();
    private final HostnameVerifier usualVerifier = HttpsURLConnection.getDefaultHostnameVerifier();
    private final AtomicInteger asked = new AtomicInteger();

    @TempDir
    private Path folder;

    private HttpsServer server;

    @BeforeEach
    void start() throws Exception {
        Path store = folder.resolve("store.p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=test",
                        "-ext",
                        "san=ip:127.0.0.1",
                        "-storetype",
                        "PKCS12",
                        "-storepass",
                        new String(PASSWORD),
                        "-keystore",
                        store.toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(keytool.waitFor()).as(said).isZero();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD);
        }
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(keys, PASSWORD);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(context));
        server.createContext("/", exchange -> {
            asked.incrementAndGet();
            try (exchange) {
                byte[] answer = "{\"active\":true,\"sub\":\"anna\"}".getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(200, answer.length);
                exchange.getResponseBody().write(answer);
            }
        });
        server.start();
        SSLContext trusting = SSLContext.getInstance("TLS");
        trusting.init(null, new TrustManager[] {new TrustsEverybody()}, null);
        HttpsURLConnection.setDefaultSSLSocketFactory(trusting.getSocketFactory());
        HttpsURLConnection.setDefaultHostnameVerifier((host, session) -> true);
    }

    @AfterEach
    void stop() {
        System.clearProperty("javax.net.ssl.trustStore");
        System.clearProperty("javax.net.ssl.trustStorePassword");
        HttpsURLConnection.setDefaultSSLSocketFactory(usualFactory);
        HttpsURLConnection.setDefaultHostnameVerifier(usualVerifier);
        server.stop(0);
    }

    @Test
    void an_impostor_is_told_neither_the_secret_nor_a_token() throws Exception {
        assertThat(uri("127.0.0.1").toURL().openStream().readAllBytes())
                .as("the defaults do trust")
                .isNotEmpty();
        assertThat(asked).hasValue(1);
        assertRefused("127.0.0.1");
    }

    @Test
    void the_trust_store_of_the_jvm_decides_and_the_name_must_fit() throws Exception {
        System.setProperty(
                "javax.net.ssl.trustStore", folder.resolve("store.p12").toString());
        System.setProperty("javax.net.ssl.trustStorePassword", new String(PASSWORD));
        assertThat(elsewhere("127.0.0.1").claimsOf("ala_x")).containsEntry("sub", "anna");
        assertThat(asked).hasValue(1);
        assertRefused("localhost");
    }

    private void assertRefused(String host) {
        int before = asked.get();
        IntrospectionClient elsewhere = elsewhere(host);
        assertThatThrownBy(() -> elsewhere.claimsOf("ala_x")).isInstanceOf(AccessTokens.Unavailable.class);
        assertThat(asked).hasValue(before);
    }

    private IntrospectionClient elsewhere(String host) {
        return new IntrospectionClient(uri(host), "music-server", "secret", 30, 10, 10_000);
    }

    private URI uri(String host) {
        return URI.create("https://" + host + ":" + server.getAddress().getPort() + "/introspect");
    }

    /** A trust manager as many applications have one. */
    private static final class TrustsEverybody implements X509TrustManager {

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
