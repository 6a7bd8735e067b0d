package io.github.alexalink.protocol;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The address from which a client asks, as Tomcat or a proxy wrote it. A proxy may add a port, brackets or quotation marks
 * (RFC 7239 §6 has the same forms), and Tomcat passes all of them on.
 *
 * @param written what {@code getRemoteAddr()} returned
 * @param numeric the address in it; empty if there is none
 */
public record ClientAddress(String written, Optional<InetAddress> numeric) {

    private static final String OCTET = "(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)";
    private static final String V4 = OCTET + "(?:\\." + OCTET + "){3}";
    private static final String PORT = "(?::\\d{1,5})?";
    private static final String ZONE = "(?:%[^\\s\\]]*)?"; // fe80::1%eth0

    /** IPv6 is checked by Java, which looks up no name that has a colon. */
    private static final String V6 = "[0-9a-fA-F:]*:[0-9a-fA-F:]*(?:[0-9.]+)?";

    /** Eight groups with a port behind them and no brackets: Java writes an address in full. */
    private static final String FULL_V6 = "(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}";

    private static final Pattern FORMS = Pattern.compile("(?<v4>" + V4 + ")" + PORT
            + "|\\[(?<bracketed>" + V6 + ")" + ZONE + "]" + PORT
            + "|(?<full>" + FULL_V6 + "):\\d{1,5}"
            + "|(?<v6>" + V6 + ")" + ZONE);

    /** IPv4 addresses that a translator on the way wrote as IPv6 (RFC 6052 §2.1). */
    private static final byte[] TRANSLATED = {0, 0x64, (byte) 0xff, (byte) 0x9b, 0, 0, 0, 0, 0, 0, 0, 0};

    /** Reads what {@code getRemoteAddr()} returned. No name is looked up, because the client may have chosen it. */
    public static ClientAddress of(String written) {
        String bare = written.strip().replaceFirst("^\"(.*)\"$", "$1");
        Matcher form = FORMS.matcher(bare);
        if (!form.matches()) {
            return new ClientAddress(written, Optional.empty());
        }
        String digits = first(form, "v4", "bracketed", "full", "v6");
        try {
            return new ClientAddress(written, Optional.of(untranslated(InetAddress.getByName(digits))));
        } catch (UnknownHostException noAddress) {
            return new ClientAddress(written, Optional.empty());
        }
    }

    private static String first(Matcher form, String... groups) {
        return Arrays.stream(groups)
                .map(form::group)
                .filter(found -> found != null)
                .findFirst()
                .orElseThrow();
    }

    private static InetAddress untranslated(InetAddress address) throws UnknownHostException {
        byte[] bytes = address.getAddress();
        return Arrays.equals(TRANSLATED, Arrays.copyOf(bytes, TRANSLATED.length))
                ? InetAddress.getByAddress(Arrays.copyOfRange(bytes, TRANSLATED.length, bytes.length))
                : address;
    }

    /**
     * Whose sign-ins are counted together: an IPv4 address, or the /64 of an IPv6 address, because a provider gives each
     * household at least so many and its machines change theirs as they like (RFC 8981). Everything that is no address is
     * one household, or a client could be a new one with every request.
     */
    public String household() {
        return numeric.map(address -> address instanceof Inet4Address ? address.getHostAddress() : network(address))
                .orElse("no address");
    }

    private static String network(InetAddress v6) {
        return v6.getHostAddress().replaceFirst("^((?:[^:]*:){4}).*", "$1:/64");
    }

    /** Whether it is this machine's own. */
    public boolean isLoopback() {
        return numeric.map(InetAddress::isLoopbackAddress).orElse(false);
    }

    /** The address in numbers, without port, for a line of the log; what was written if there is none. */
    @Override
    public String toString() {
        return numeric.map(InetAddress::getHostAddress).orElse(Printable.of(written));
    }
}
