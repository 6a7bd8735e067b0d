package io.github.alexalink.diagnosis;

import io.github.alexalink.protocol.ClientAddress;
import io.github.alexalink.protocol.Printable;
import io.github.alexalink.protocol.Reason;
import java.net.InetAddress;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A request that came, and how: what this Tomcat saw of it. Texts of strangers are cut and made printable when they are
 * read.
 */
public final class Arrival {

    private static final int MOST = 100;

    private static final Pattern E_MAIL = Pattern.compile("[^\\s@]@[^\\s@]");

    /** What kind of request it was; each kind is remembered apart. */
    public enum Kind {
        /** The sign-in page was shown. */
        PAGE,
        /** An authorization request of a registered client was refused, before anybody could sign in. */
        PAGE_REFUSED,
        /** A code was issued. */
        CODE,
        /** A password was wrong, or the listener did not allow it, or the form was refused. */
        SIGN_IN_FAILED,
        /** A household had more sign-ins in a minute than it may have. */
        BRAKED,
        /** Tokens were issued. */
        TOKENS,
        /** A token request of a registered client was refused. */
        TOKEN_REFUSED,
        /** A token request without a client id that could be read: no POST, no form, or no credentials. */
        UNREADABLE,
        /** The client id is not registered here, or there was none. */
        STRANGER,
        /** The path is none of ours. */
        ELSEWHERE
    }

    /** What is wrong with a path that is none of ours. The path itself is not remembered. */
    public enum Path {
        /** The path of this web application comes twice: {@code /alexa/alexa/authorize}. */
        PREFIX_TWICE,
        /** The path of the issuer stands in front, and this web application is elsewhere. */
        PREFIX_OF_ISSUER,
        /** A path that ends like one of ours, for example {@code /oauth2/token} or {@code /authorize/}. */
        ALIKE,
        OTHER
    }

    /** Where an address is. */
    public enum Network {
        LOOPBACK,
        PRIVATE,
        PUBLIC,
        /** Tomcat got none that can be read. */
        UNKNOWN
    }

    /**
     * How it arrived.
     *
     * @param peer the address that Tomcat takes for the client's; a proxy's, if no proxy is believed
     * @param believed whether Tomcat's RemoteIpValve has believed the proxy, and put the client's address in its place
     * @param forwardedFor whether X-Forwarded-For is still there: nobody has used it
     * @param proto X-Forwarded-Proto as it came; null if it did not
     * @param host as the client or proxy sent it; null if there was none
     */
    public record Way(
            String peer,
            boolean believed,
            boolean forwardedFor,
            String proto,
            boolean forwardedHost,
            String scheme,
            String host) {

        public Way {
            host = host == null ? "" : cut(host);
            proto = proto == null ? null : cut(proto);
        }

        boolean forwardedProto() {
            return proto != null;
        }

        /** Whether a proxy says that the visitor came by plain http. Of several proxies each has one word. */
        boolean saysHttp() {
            return proto != null
                    && !Stream.of(proto.split(",", -1))
                            .allMatch(word -> word.strip().equalsIgnoreCase("https"));
        }

        @Override
        public String host() {
            return Printable.of(host);
        }

        /** Where the peer is. Reports have this, and never the address. */
        public Network network() {
            return ClientAddress.of(peer).numeric().map(Way::networkOf).orElse(Network.UNKNOWN);
        }

        private static Network networkOf(InetAddress address) {
            if (address.isLoopbackAddress()) {
                return Network.LOOPBACK;
            }
            byte[] bytes = address.getAddress();
            boolean shared = bytes.length == 4 && bytes[0] == 100 && (bytes[1] & 0xC0) == 64; // RFC 6598
            boolean unique = bytes.length == 16 && (bytes[0] & 0xFE) == 0xFC; // RFC 4193
            return shared || unique || address.isSiteLocalAddress() || address.isLinkLocalAddress()
                    ? Network.PRIVATE
                    : Network.PUBLIC;
        }

        /** Without the address. */
        @Override
        public String toString() {
            return network() + (believed ? ", believed" : "");
        }
    }

    private final Instant at;
    private final Kind kind;
    private final String clientId;
    private final Reason reason;
    private final Path path;
    private final Way way;

    private Arrival(Kind kind, String clientId, Reason reason, Path path, Way way) {
        this.at = Instant.now();
        this.kind = kind;
        this.clientId = clientId == null ? null : cut(kind == Kind.STRANGER ? masked(clientId) : clientId);
        this.reason = reason;
        this.path = path;
        this.way = way;
    }

    /**
     * A request to an endpoint of ours.
     *
     * @param clientId as it was sent; null if there was none
     * @param reason why it was refused; null if it was granted, or is malformed
     */
    public static Arrival of(Kind kind, String clientId, Reason reason, Way way) {
        return new Arrival(kind, clientId, reason, null, way);
    }

    /** A request to a path that is none of ours. */
    public static Arrival elsewhere(Path path, Way way) {
        return new Arrival(Kind.ELSEWHERE, null, null, path, way);
    }

    private static String masked(String typed) {
        return E_MAIL.matcher(typed).find() ? "(an e-mail address)" : typed;
    }

    private static String cut(String typed) {
        return typed.length() > MOST ? typed.substring(0, MOST) : typed;
    }

    public Instant at() {
        return at;
    }

    public Kind kind() {
        return kind;
    }

    /** The client id, printable and cut. Only if the kind is STRANGER can it be any text. */
    public Optional<String> clientId() {
        return Optional.ofNullable(clientId).map(Printable::of);
    }

    public Optional<Reason> reason() {
        return Optional.ofNullable(reason);
    }

    /** Present if the kind is ELSEWHERE. */
    public Optional<Path> path() {
        return Optional.ofNullable(path);
    }

    public Way way() {
        return way;
    }
}
