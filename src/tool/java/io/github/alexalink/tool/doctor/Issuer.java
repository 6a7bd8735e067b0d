package io.github.alexalink.tool.doctor;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** An issuer that no machine trusts, and whose name tells what happened. */
enum Issuer {
    STAGING(
            "staging|fake le",
            "this is a certificate for trying out, of Let's Encrypt's staging environment. Get a real one. certbot:",
            "sudo certbot certonly --force-renewal --server https://acme-v02.api.letsencrypt.org/directory -d "),
    CLOUDFLARE(
            "cloudflare,? (inc\\.?)?.*origin|origin.*cloudflare",
            "only Cloudflare itself trusts its Origin CA: switch its proxy on for this name (the cloud is orange then), or get"
                    + " a certificate of a public CA. certbot:",
            "sudo certbot certonly -d "),
    CADDY(
            "caddy local authority",
            "Caddy makes a certificate of its own if the name is not public, or if it is told to. Take \"tls internal\" and"
                    + " \"local_certs\" away, and let its site begin with the name:",
            ""),
    DEFAULT(
            "traefik default cert|ingress controller fake|nginx proxy manager|snakeoil|ubuntu|debian",
            "this is the certificate that your proxy came with: it has none for this name yet. Get one in the proxy, or by"
                    + " certbot:",
            "sudo certbot certonly -d "),
    OPENED(
            "fortinet|fortigate|zscaler|kaspersky|avast|avg |eset |bitdefender|sophos|netskope|palo alto|blue ?coat|mcafee"
                    + "|burp|mitmproxy|charles proxy|adguard",
            "this looks like a program that opens TLS between this machine and the server, such as a virus scanner or a"
                    + " company's proxy. Run the doctor on another machine, in another network:",
            "java -jar alexa.war doctor https://");

    private final Pattern words;
    private final String says;
    private final String line;

    Issuer(String words, String says, String line) {
        this.words = Pattern.compile(words);
        this.says = says;
        this.line = line;
    }

    static Optional<Issuer> of(String distinguishedName) {
        String name = distinguishedName.toLowerCase(Locale.ROOT);
        return Stream.of(values()).filter(one -> one.words.matcher(name).find()).findFirst();
    }

    String cure(String host) {
        return says + "\n    " + line + host + (this == CADDY ? " {" : "");
    }
}
