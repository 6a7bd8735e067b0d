package io.github.alexalink.tool.doctor;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.regex.Pattern;

/**
 * One of the addresses of the name.
 *
 * @param number from 1
 * @param of how many there are
 */
record Address(InetAddress ip, int number, int of) {

    private static final Pattern LITERAL = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*");

    /** An address as it is written; a name is none, because it would be looked up. */
    static InetAddress literal(String text) {
        String bare = text.strip().replaceAll("[\\[\\]]", "");
        if (!LITERAL.matcher(bare).matches()) {
            throw new IllegalArgumentException("[" + text + "] is no IP address");
        }
        try {
            return InetAddress.getByName(bare);
        } catch (UnknownHostException broken) {
            throw new IllegalArgumentException("[" + text + "] is no IP address", broken);
        }
    }

    /** Networks of phones that have IPv6 alone make such addresses up (RFC 6052): DNS does not have them. */
    static List<InetAddress> withoutTranslated(List<InetAddress> found) {
        List<InetAddress> own = found.stream()
                .filter(ip -> !ip.getHostAddress().startsWith("64:ff9b:0:0:0:0:"))
                .toList();
        return own.isEmpty() ? found : own;
    }

    boolean isIpv6() {
        return ip instanceof Inet6Address;
    }

    /** Reached from its own network only. */
    boolean isPrivate() {
        byte[] bytes = ip.getAddress();
        boolean shared = bytes.length == 4 && (bytes[0] & 0xFF) == 100 && (bytes[1] & 0xC0) == 64; // RFC 6598
        boolean unique = bytes.length == 16 && (bytes[0] & 0xFE) == 0xFC; // RFC 4193
        return shared
                || unique
                || ip.isSiteLocalAddress()
                || ip.isLoopbackAddress()
                || ip.isLinkLocalAddress()
                || ip.isAnyLocalAddress()
                || ip.isMulticastAddress();
    }

    /** In which network it is, in words. */
    String network() {
        if (ip.isLoopbackAddress() || ip.isAnyLocalAddress()) {
            return "the machine itself";
        }
        boolean shared = !isIpv6() && (ip.getAddress()[0] & 0xFF) == 100;
        return shared ? "the network of the provider (carrier-grade NAT)" : "a home or company network";
    }

    /** For a report: a private address is cut, because it tells of somebody's home; of several its last part is kept. */
    String shown() {
        String text = ip.getHostAddress().replaceFirst("%.*", "");
        if (isPrivate()) {
            String last = of > 1 ? text.replaceFirst(".*(?=[.:])", "") : "";
            boolean two = text.startsWith("192.168.") || text.startsWith("172.") || text.startsWith("100.");
            text = isIpv6()
                    ? text.substring(0, text.indexOf(':')) + ":…" + last
                    : text.substring(0, two ? text.indexOf('.', 4) : text.indexOf('.')) + ".…" + last;
        }
        return (isIpv6() ? "IPv6 " : "IPv4 ") + text + (of > 1 ? " (address " + number + " of " + of + ")" : "");
    }
}
