package io.github.alexalink.config;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.catalina.util.NetMask;

/**
 * The clients that may read {@code /alexa/metrics}: those in one of these networks and, if the operator wants, resource
 * servers that prove themselves.
 *
 * @param words the setting as the operator wrote it
 */
public record MetricsReaders(String words, List<NetMask> networks, boolean resourceServers) {

    /** The value of the setting that switches metrics off. */
    static final String NOBODY = "nobody";

    private static final String RESOURCE_SERVERS = "resource-servers";

    private static final String OCTET = "(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)";

    /** A numeric address. A name would have to be looked up, and the client may have chosen it. */
    private static final Pattern ADDRESS =
            Pattern.compile(OCTET + "(?:\\." + OCTET + "){3}|[0-9a-fA-F:]*:[0-9a-fA-F:]*(?:[0-9.]+)?");

    static Optional<MetricsReaders> parse(String value) {
        if (value.equals(NOBODY)) {
            return Optional.of(new MetricsReaders(NOBODY, List.of(), false));
        }
        List<NetMask> networks = new ArrayList<>();
        boolean resourceServers = false;
        for (String reader : value.split(",", -1)) {
            String word = reader.strip();
            if (word.equals(RESOURCE_SERVERS)) {
                resourceServers = true;
            } else if (ADDRESS.matcher(word.replaceFirst("/\\d{1,3}$", "")).matches()) {
                try {
                    networks.add(new NetMask(word));
                } catch (IllegalArgumentException tooLongAMask) {
                    return Optional.empty();
                }
            } else {
                return Optional.empty();
            }
        }
        return Optional.of(new MetricsReaders(value, List.copyOf(networks), resourceServers));
    }

    /** Whether no client may read the metrics, so that none are counted. */
    public boolean isEmpty() {
        return networks.isEmpty() && !resourceServers;
    }

    /** Whether a client at this address may read without credentials. */
    public boolean include(String remoteAddress) {
        String address = remoteAddress.replaceFirst("%.*", ""); // fe80::1%eth0
        if (!ADDRESS.matcher(address).matches()) {
            return false;
        }
        try {
            InetAddress asking = InetAddress.getByName(address);
            return networks.stream().anyMatch(network -> network.matches(asking));
        } catch (UnknownHostException noAddress) {
            return false;
        }
    }

    @Override
    public String toString() {
        return words;
    }
}
