package io.github.alexalink.config;

import io.github.alexalink.protocol.ClientAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.catalina.util.NetMask;

/**
 * The clients that may read {@code /alexa/metrics}: those in one of these networks and, if the operator wants, resource
 * servers that prove themselves. The tool reads the setting without Tomcat's NetMask, which only {@link #include} needs.
 *
 * @param words the setting as the operator wrote it
 */
public record MetricsReaders(String words, List<String> networks, boolean resourceServers) {

    /** The value of the setting that switches metrics off. */
    static final String NOBODY = "nobody";

    private static final String RESOURCE_SERVERS = "resource-servers";

    private static final Pattern NETWORK = Pattern.compile("([0-9a-fA-F:.]+)(?:/(\\d{1,3}))?");

    static Optional<MetricsReaders> parse(String value) {
        if (value.equals(NOBODY)) {
            return Optional.of(new MetricsReaders(NOBODY, List.of(), false));
        }
        List<String> networks = new ArrayList<>();
        boolean resourceServers = false;
        for (String reader : value.split(",", -1)) {
            String word = reader.strip();
            if (word.equals(RESOURCE_SERVERS)) {
                resourceServers = true;
            } else if (isNetwork(word)) {
                networks.add(word);
            } else {
                return Optional.empty();
            }
        }
        return Optional.of(new MetricsReaders(value, List.copyOf(networks), resourceServers));
    }

    /** An address, perhaps with the length of a network's prefix. */
    private static boolean isNetwork(String word) {
        Matcher network = NETWORK.matcher(word);
        return network.matches()
                && ClientAddress.of(network.group(1)).numeric().isPresent()
                && (network.group(2) == null
                        || Integer.parseInt(network.group(2))
                                <= (network.group(1).contains(":") ? 128 : 32));
    }

    /** Whether no client may read the metrics, so that none are counted. */
    public boolean isEmpty() {
        return networks.isEmpty() && !resourceServers;
    }

    /** Whether a client at this address may read without credentials. */
    public boolean include(String remoteAddress) {
        return ClientAddress.of(remoteAddress)
                .numeric()
                .filter(asking -> networks.stream().anyMatch(network -> new NetMask(network).matches(asking)))
                .isPresent();
    }

    @Override
    public String toString() {
        return words;
    }
}
