package io.github.alexalink.tool.doctor;

import io.github.alexalink.diagnosis.Finding;
import io.github.alexalink.diagnosis.Shell;
import io.github.alexalink.protocol.Printable;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** An answer that is not of Alexa Link: who may have given it, and why. */
final class Stranger {

    private static final String NOT_ME = "not-me";
    private static final String CHALLENGE = "challenge-in-front";

    private static final int UNAVAILABLE = 503;

    /** From here on Cloudflare's own codes begin. */
    private static final int CLOUDFLARE = 520;

    /** Words in the pages of devices and programs that answer in our place, in lower case, and what to call them. */
    private static final List<String[]> KNOWN = List.of(
            new String[] {"fritz!box", "a FRITZ!Box"},
            new String[] {"speedport", "a Speedport"},
            new String[] {"vodafone station", "a Vodafone Station"},
            new String[] {"livebox", "a Livebox"},
            new String[] {"freebox", "a Freebox"},
            new String[] {"bbox", "a Bbox"},
            new String[] {"openwrt", "OpenWrt"},
            new String[] {"luci", "OpenWrt"},
            new String[] {"dd-wrt", "DD-WRT"},
            new String[] {"routeros", "a MikroTik router"},
            new String[] {"tp-link", "a TP-Link router"},
            new String[] {"netgear", "a NETGEAR router"},
            new String[] {"asus wireless", "an ASUS router"},
            new String[] {"asus login", "an ASUS router"},
            new String[] {"zyxel", "a Zyxel router"},
            new String[] {"draytek", "a DrayTek router"},
            new String[] {"d-link", "a D-Link router"},
            new String[] {"linksys", "a Linksys router"},
            new String[] {"technicolor", "a Technicolor router"},
            new String[] {"sagemcom", "a Sagemcom router"},
            new String[] {"huawei", "a Huawei router"},
            new String[] {"unifi", "a UniFi console"},
            new String[] {"edgeos", "an EdgeRouter"},
            new String[] {"pfsense", "pfSense"},
            new String[] {"opnsense", "OPNsense"},
            new String[] {"sophos", "a Sophos firewall"},
            new String[] {"fortigate", "a FortiGate"},
            new String[] {"synology", "a Synology"},
            new String[] {"diskstation", "a Synology"},
            new String[] {"qnap", "a QNAP"},
            new String[] {"truenas", "TrueNAS"},
            new String[] {"openmediavault", "openmediavault"},
            new String[] {"proxmox", "Proxmox"},
            new String[] {"home assistant", "Home Assistant"},
            new String[] {"nextcloud", "Nextcloud"},
            new String[] {"plesk", "Plesk"},
            new String[] {"cpanel", "cPanel"},
            new String[] {"pi-hole", "Pi-hole"},
            new String[] {"nginx proxy manager", "Nginx Proxy Manager's default page"},
            new String[] {"congratulations! you've successfully", "Nginx Proxy Manager's default page"},
            new String[] {"welcome to nginx", "nginx's default page"},
            new String[] {"apache2 debian default page", "Apache httpd's default page"},
            new String[] {"apache2 ubuntu default page", "Apache httpd's default page"},
            new String[] {"it works!", "Apache httpd's default page"},
            new String[] {"your web server is working", "Caddy's default page"},
            new String[] {"iis windows", "IIS"});

    private static final Pattern CHECK = Pattern.compile("(?i)just a moment|cf-chl|challenge-platform|cf-mitigated"
            + "|checking your browser|captcha|ddos-guard|_incapsula_|datadome|aws-?waf|anubis|sucuri|perimeterx"
            + "|enable javascript|bot protection|are you human|ngrok-skip-browser-warning");

    private static final Pattern PARKED = Pattern.compile("(?i)domain (name )?(is|may be) (parked|for sale)|parked free"
            + "|parkingcrew|sedoparking|sedo domain|buy this domain|hugedomains|this domain is registered");

    private static final Pattern SIGN_IN = Pattern.compile(
            "(?i)auth(elia|entik|orize|)\\b|log-?in|sign-?in|\\bsso\\b|oauth2?\\b|cdn-cgi|challenge|captcha|access\\.com");

    private final Target target;
    private final Reply reply;
    private final String asked;

    /** @param asked method and path, for a report */
    Stranger(Target target, Reply reply, String asked) {
        this.target = target;
        this.reply = reply;
        this.asked = asked;
    }

    /** The fault, as a fatal one. */
    Finding fault() {
        if (reply.isRedirect()) {
            return redirect();
        }
        Optional<String> known = known();
        if (known.isPresent()) {
            return notMe(
                    known.get() + " answers in the place of Alexa Link",
                    "forward port " + target.port() + " to the machine with your proxy, and let that pass "
                            + target.path() + "/ to Tomcat; " + Words.PROXY
                            + ". A router's own pages belong on another port, or off");
        }
        if (PARKED.matcher(reply.text()).find()) {
            return notMe(
                    "the page of a domain that is parked or for sale answers in the place of Alexa Link",
                    "enter the public address of your server in DNS, as an A record of " + target.host() + ". It leads"
                            + " somewhere else now:\n    nslookup " + target.host() + " 1.1.1.1");
        }
        String server = reply.header("server").toLowerCase(Locale.ROOT);
        boolean checked = CHECK.matcher(reply.text()).find()
                || !reply.header("cf-mitigated").isEmpty();
        if (reply.status() == 401 || reply.status() == 407) {
            boolean basic =
                    reply.header("www-authenticate").toLowerCase(Locale.ROOT).contains("basic");
            return challenge(
                    "a sign-in" + (basic ? " (Basic authentication)" : "") + " in front of Alexa Link keeps Amazon out",
                    "let " + target.path() + "/ through without it. nginx, in its location:\n    auth_basic off;");
        }
        if (checked) {
            return challenge(
                    "a page that checks for a browser answers in the place of Alexa Link",
                    "let " + target.path() + "/ through without it. "
                            + (server.contains("cloudflare")
                                    ? "Cloudflare: a WAF custom rule with the action Skip for URI path starts_with \""
                                            + target.path() + "/\""
                                    : "Where: the bot protection of your proxy, tunnel or provider"));
        }
        if (reply.status() == UNAVAILABLE) {
            return Words.fatal(
                    "unavailable",
                    "your proxy is there, and Alexa Link is not available behind it",
                    found(),
                    "an answer of Alexa Link",
                    "see whether Tomcat runs, and what it says of itself:\n    sudo java -jar alexa.war check",
                    nothing(),
                    Words.AMAZON);
        }
        if (reply.status() >= CLOUDFLARE && server.contains("cloudflare")) {
            return cloudflare();
        }
        if (reply.header("ngrok-error-code").contains("ERR_NGROK_")) {
            return notMe(
                    "ngrok answers, and your end of the tunnel is not there",
                    "start ngrok on the server, with this name and with the port of Tomcat:\n    ngrok http --url="
                            + target.host() + " 8080");
        }
        if (reply.status() >= 500) {
            return notMe(
                    "your proxy answers, and gets no answer of Tomcat's",
                    "see whether Tomcat runs, and whether the proxy asks at its address and port. On that machine:"
                            + "\n    sudo java -jar alexa.war check");
        }
        if (reply.status() == 403 || reply.status() == 406 || reply.status() == 429 || reply.status() == 451) {
            return challenge(
                    "something in front of Alexa Link refuses to let a machine through",
                    "let " + target.path() + "/ through: look for a firewall by country, a bot protection, fail2ban or"
                            + " CrowdSec, allow and deny in the proxy");
        }
        String text = reply.text().toLowerCase(Locale.ROOT);
        if (reply.status() == 200
                && reply.isHtml()
                && (text.contains("<script") || text.contains("type=\"password\""))) {
            return challenge(
                    "a page with script or a sign-in answers in the place of Alexa Link",
                    "if that is your proxy's or tunnel's, let " + target.path()
                            + "/ through without it. If it is another" + " program's, let the proxy pass "
                            + target.path() + "/ to Tomcat; " + Words.PROXY);
        }
        if (text.contains("apache tomcat/") || text.contains("<h1>http status 404 – not found</h1>")) {
            return notMe(
                    "Tomcat answers, and Alexa Link does not run in it at " + shownPath(),
                    "see that " + war() + " lies in its webapps, and in its log why it did not start. On that machine:"
                            + "\n    sudo java -jar alexa.war check");
        }
        if (reply.status() == 404 && text.equals("404 page not found\n")) {
            return notMe(
                    "a proxy such as Traefik answers, and has no rule for " + shownPath(),
                    "give it a router with this name and path. In the labels of the container with Tomcat:"
                            + "\n    traefik.http.routers.alexa.rule=Host(`" + target.host() + "`) && PathPrefix(`"
                            + target.path() + "`)");
        }
        if (reply.status() == 200 && text.isEmpty()) {
            return notMe(
                    "the proxy answers with an empty page: it has no rule for " + shownPath(),
                    "let it pass " + target.path() + "/ to Tomcat; " + Words.PROXY);
        }
        return reply.status() == 404
                ? notMe(
                        "something answers, and does not know " + shownPath(),
                        "see that alexa.war runs and is called " + war() + ", and that the proxy passes "
                                + target.path() + "/ to Tomcat; " + Words.PROXY
                                + ". On that machine:\n    sudo java -jar alexa.war check")
                : notMe(
                        "something answers, and it is not Alexa Link",
                        "let the proxy pass " + target.path() + "/ to Tomcat; " + Words.PROXY);
    }

    /** What each of Cloudflare's own codes means. */
    private Finding cloudflare() {
        String cure =
                switch (reply.status()) {
                    case 521 ->
                        "see that your proxy runs, and that the firewall lets Cloudflare's addresses in. On that"
                                + " machine:\n    sudo ss -ltnp 'sport = 443'";
                    case 522, 523 ->
                        "see that the record at Cloudflare has your public address of today, that the router"
                                + " forwards port 443, and that the firewall lets Cloudflare's addresses in";
                    case 525, 526 ->
                        "give your proxy a good certificate for " + target.host() + ": Cloudflare's mode Full"
                                + " (strict) checks it. certbot:\n    sudo certbot certonly -d " + target.host();
                    case 530 ->
                        "start the tunnel on the server again, and see what it says:"
                                + "\n    sudo systemctl restart cloudflared; journalctl -u cloudflared -n 20";
                    default ->
                        "see whether Tomcat runs, and whether your proxy gets its answers. On that machine:"
                                + "\n    sudo java -jar alexa.war check";
                };
        return notMe("Cloudflare answers, and gets no answer of your server's", cure);
    }

    /** Whether the page is of a device or a program that is known. */
    boolean isDevice() {
        return known().isPresent();
    }

    private String war() {
        return target.path().isEmpty() ? "ROOT.war" : target.path().substring(1).replace('/', '#') + ".war";
    }

    private String shownPath() {
        return target.path().isEmpty() ? "/health" : target.path() + "/";
    }

    private Optional<String> known() {
        String text = (reply.text() + " " + reply.header("server")).toLowerCase(Locale.ROOT);
        return reply.isHtml()
                ? KNOWN.stream()
                        .filter(device -> text.contains(device[0]))
                        .findFirst()
                        .map(device -> device[1])
                : Optional.empty();
    }

    private Finding redirect() {
        String to = reply.destination();
        String same = asked.replaceFirst("^\\w+ ", "");
        if (to.equals(same) || to.equals(target.origin() + same)) {
            return Words.fatal(
                    "redirected",
                    "the server sends who asks to the same address again, without an end",
                    found(),
                    "an answer at " + target.url() + " itself",
                    "your proxy takes what is https for http, and redirects it to https. Cloudflare: SSL/TLS, mode Full"
                            + " (strict) in the place of Flexible. Another proxy in front: let it ask yours by https, or"
                            + " take the redirect away for " + target.path() + "/",
                    "nobody gets an answer, Amazon included",
                    Words.HTTPS_RFC);
        }
        if (SIGN_IN.matcher(to.replace(target.url(), "")).find()) {
            return challenge(
                    "a sign-in in front of Alexa Link keeps Amazon out",
                    "let " + target.path() + "/ through without it, as a path or a bypass rule of that sign-in");
        }
        return Words.fatal(
                "redirected",
                "the server sends who asks to another address",
                found(),
                "an answer at " + target.url() + " itself",
                "take the redirect away for " + target.path() + "/"
                        + Shell.address(shortened(to))
                                .map(address -> ", or use the address it leads to: look at it"
                                        + " with\n    java -jar alexa.war doctor " + address)
                                .orElse(""),
                "Amazon sends its token request as a POST, and does not follow a redirect",
                Words.HTTPS_RFC);
    }

    private static String shortened(String to) {
        return to.replaceFirst("/(health|token|authorize|approve)?/?$", "");
    }

    private Finding notMe(String says, String cure) {
        return Words.fatal(NOT_ME, says, found(), "an answer of Alexa Link", cure, nothing(), Words.AMAZON);
    }

    private Finding challenge(String says, String cure) {
        return Words.fatal(
                CHALLENGE,
                says,
                found(),
                "an answer of Alexa Link",
                cure,
                "Amazon's servers are a machine: they run no script and know no password, and get no token",
                Words.AMAZON);
    }

    private String found() {
        String server = reply.header("server");
        return asked + ": " + reply.shown() + (server.isEmpty() ? "" : ", Server: " + Printable.of(server));
    }

    private static String nothing() {
        return "the Alexa app shows no page, or Amazon gets no token";
    }
}
