package io.github.alexalink.bearer;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.apache.tomcat.util.json.JSONParser;
import org.apache.tomcat.util.json.ParseException;
import org.apache.tomcat.util.json.TokenMgrError;

/**
 * An Alexa Link in another Tomcat, asked by introspection (RFC 7662). What it says of a live token is believed for some
 * seconds, so a revocation is noticed that much later; that a token is not live is never kept.
 *
 * <p>It asks with {@link HttpURLConnection}, which starts no thread that would keep a redeployed web application in memory.
 */
final class Elsewhere implements AccessTokens {

    private static final int CONNECT_MS = 1000;
    /** Alexa's own patience ends after 4.5 seconds. */
    static final int READ_MS = 4000;

    private static final int MAX_ANSWER = 64 * 1024;

    private final URI introspectionUri;
    private final String basic;
    private final long keepMillis;
    private final int readMillis;
    private final int maxKept;
    /** By hash of the token; the one not used for longest is the first. */
    private final Map<String, Kept> kept = new LinkedHashMap<>(16, 0.75f, true);

    /** What was said, and until when it is believed: by {@link System#nanoTime}, which nobody sets back by a day. */
    private record Kept(Map<String, Object> claims, long until) {}

    Elsewhere(
            URI introspectionUri, String clientId, String clientSecret, int keepSeconds, int maxKept, int readMillis) {
        this.introspectionUri = introspectionUri;
        // form-encoded before Basic, RFC 6749 §2.3.1
        String pair = encoded(clientId) + ":" + encoded(clientSecret);
        this.basic = "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.US_ASCII));
        this.keepMillis = keepSeconds * 1000L;
        this.maxKept = maxKept;
        this.readMillis = readMillis;
    }

    @Override
    public Map<String, Object> claimsOf(String accessToken) throws Unavailable {
        String key = hashOf(accessToken);
        long now = System.nanoTime();
        synchronized (kept) {
            Kept known = kept.get(key);
            if (known != null && known.until - now > 0) {
                return known.claims;
            }
            kept.remove(key);
        }
        Map<String, Object> claims;
        try {
            claims = ask(accessToken);
        } catch (IOException | ParseException | TokenMgrError broken) { // an Error, for what is no JSON at all
            throw new Unavailable("no answer from " + introspectionUri + " that can be used", broken);
        }
        if (!claims.isEmpty() && keepMillis > 0) {
            long millis = claims.get("exp") instanceof Number exp
                    ? Math.min(keepMillis, exp.longValue() * 1000 - System.currentTimeMillis())
                    : keepMillis;
            long until = now + TimeUnit.MILLISECONDS.toNanos(millis);
            synchronized (kept) {
                kept.put(key, new Kept(claims, until));
                if (kept.size() > maxKept) {
                    kept.remove(kept.keySet().iterator().next());
                }
            }
        }
        return claims;
    }

    private Map<String, Object> ask(String accessToken) throws IOException, ParseException {
        long start = System.nanoTime();
        HttpURLConnection connection =
                (HttpURLConnection) introspectionUri.toURL().openConnection();
        connection.setConnectTimeout(CONNECT_MS);
        connection.setReadTimeout(readMillis);
        connection.setInstanceFollowRedirects(false); // the token and the secret go nowhere else
        connection.setUseCaches(false);
        connection.setRequestMethod("POST");
        connection.setDoOutput(true);
        connection.setRequestProperty("Authorization", basic);
        connection.setRequestProperty("Accept", "application/json");
        connection.setRequestProperty("Content-Type", "application/x-www-form-urlencoded");
        connection.getOutputStream().write(("token=" + encoded(accessToken)).getBytes(StandardCharsets.US_ASCII));
        int status = connection.getResponseCode();
        if (status != 200) {
            connection.disconnect();
            throw new IOException("status " + status);
        }
        byte[] answer = new byte[MAX_ANSWER];
        int length = 0;
        try (InputStream body = connection.getInputStream()) {
            int read = body.read(answer);
            while (read > 0) {
                length += read;
                // the time-out is for each read: one byte every three seconds would be an answer of days
                if (System.nanoTime() - start > TimeUnit.MILLISECONDS.toNanos(readMillis)) {
                    connection.disconnect();
                    throw new IOException("an answer that takes longer than " + readMillis + " ms");
                }
                read = body.read(answer, length, MAX_ANSWER - length);
            }
        }
        Map<String, Object> claims = new JSONParser(
                        new ByteArrayInputStream(answer, 0, length), StandardCharsets.UTF_8.name())
                .parseObject();
        claims.values().removeIf(Objects::isNull);
        return Boolean.TRUE.equals(claims.get("active")) ? Map.copyOf(claims) : Map.of();
    }

    private static String encoded(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8);
    }

    /** The token itself is not kept. */
    private static String hashOf(String accessToken) {
        try {
            return HexFormat.of()
                    .formatHex(
                            MessageDigest.getInstance("SHA-256").digest(accessToken.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java platform has SHA-256", impossible);
        }
    }
}
