package io.github.alexalink.tool.doctor;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;

/** Takes every certificate and keeps the chain as it was sent: {@link Trust} judges it afterwards. */
final class Witness extends X509ExtendedTrustManager {

    private List<X509Certificate> chain = List.of();
    private boolean wantsClientCertificate;

    List<X509Certificate> chain() {
        return chain;
    }

    /** Whether the server asked for a certificate of the client's, which Amazon has none of. */
    boolean wantsClientCertificate() {
        return wantsClientCertificate;
    }

    X509ExtendedKeyManager clientCertificates() {
        return new X509ExtendedKeyManager() {
            @Override
            public String chooseClientAlias(String[] types, Principal[] issuers, Socket socket) {
                wantsClientCertificate = true;
                return null;
            }

            @Override
            public String[] getClientAliases(String type, Principal[] issuers) {
                return new String[0];
            }

            @Override
            public String[] getServerAliases(String type, Principal[] issuers) {
                return new String[0];
            }

            @Override
            public String chooseServerAlias(String type, Principal[] issuers, Socket socket) {
                return null;
            }

            @Override
            public X509Certificate[] getCertificateChain(String alias) {
                return new X509Certificate[0];
            }

            @Override
            public PrivateKey getPrivateKey(String alias) {
                return null;
            }
        };
    }

    private void see(X509Certificate[] sent) {
        chain = List.of(sent);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] sent, String type) {
        see(sent);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] sent, String type, Socket socket) {
        see(sent);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] sent, String type, SSLEngine engine) {
        see(sent);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] sent, String type) {
        throw new IllegalStateException("this is a client");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] sent, String type, Socket socket) {
        throw new IllegalStateException("this is a client");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] sent, String type, SSLEngine engine) {
        throw new IllegalStateException("this is a client");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return new X509Certificate[0];
    }
}
