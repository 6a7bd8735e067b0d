package io.github.alexalink.config;

import io.github.alexalink.protocol.ClientAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
            } else if (word.matches("[0-9a-fA-F:./]+")
                    && ClientAddress.of(word.replaceFirst("/\\d{1,3}$", ""))
                            .numeric()
                            .isPresent()) {
                try {
                    networks.add(new NetMask(word));
                } catch (IllegalArgumentException tooLongAMaskOrAPort) {
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
        return ClientAddress.of(remoteAddress)
                .numeric()
                .filter(asking -> networks.stream().anyMatch(network -> network.matches(asking)))
                .isPresent();
    }

    @Override
    public String toString() {
        return words;
    }
}
