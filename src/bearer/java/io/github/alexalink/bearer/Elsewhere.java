package io.github.alexalink.bearer;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import org.apache.tomcat.util.ExceptionUtils;
import org.apache.tomcat.util.json.JSONParser;

/**
 * An Alexa Link in another Tomcat, asked by introspection (RFC 7662). What it says of a live token is believed for some
 * seconds, so a revocation is noticed that much later; that a token is not live is never kept.
 *
 * <p>It asks with {@link HttpURLConnection}, which starts no thread that would keep a redeployed web application in memory.
 * It asks a few questions at a time, so that whoever sends tokens that are none takes neither all of Tomcat's threads here
 * nor all database connections there.
 */
final class Elsewhere implements AccessTokens {

    private static final int CONNECT_MS = 1000;
    /** Alexa's own patience ends after 4.5 seconds. */
    static final int READ_MS = 4000;

    /** Fewer than half the connections that Alexa Link's pool has by default: a flood here leaves it some for Alexa. */
    static final int AT_A_TIME = 4;

    /** How long a request waits for its turn to ask. */
    private static final int TURN_MS = 1000;

    private static final int MAX_ANSWER = 64 * 1024;

    private final URI introspectionUri;
    private final String basic;
    private final long keepMillis;
    private final int readMillis;
    private final int maxKept;
    private final Semaphore turns = new Semaphore(AT_A_TIME, true);
    private final ScheduledThreadPoolExecutor deadlines = deadlines();
    private final SSLSocketFactory tls = tls();
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
        Map<String, Object> claims = askInTurn(accessToken);
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

    private Map<String, Object> askInTurn(String accessToken) throws Unavailable {
        String address = IntrospectionUri.shown(introspectionUri);
        try {
            if (!turns.tryAcquire(TURN_MS, TimeUnit.MILLISECONDS)) {
                throw new Unavailable(
                        "for " + TURN_MS + " ms " + AT_A_TIME + " requests were waiting for " + address, null);
            }
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
            throw new Unavailable("Tomcat is stopping", stopping);
        }
        try {
            return ask(accessToken);
        } catch (IOException | RuntimeException broken) {
            throw new Unavailable("no answer from " + address + " that can be used", broken);
        } finally {
            turns.release();
        }
    }

    private Map<String, Object> ask(String accessToken) throws IOException {
        HttpURLConnection connection = open();
        // a time-out is for each read: one byte every three seconds would be an answer of days
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(CONNECT_MS + (long) readMillis);
        Future<?> deadline = deadlines.schedule(connection::disconnect, end - System.nanoTime(), TimeUnit.NANOSECONDS);
        try {
            connection.getOutputStream().write(("token=" + encoded(accessToken)).getBytes(StandardCharsets.US_ASCII));
            checkTime(end); // looking up the name may have taken all of it, with nothing to disconnect
            int status = connection.getResponseCode();
            if (status != 200) {
                throw new IOException("status " + status);
            }
            deadline.cancel(false); // in the body to disconnect waits for the read, which is what it should end
            return claimsIn(body(connection, end));
        } catch (IOException broken) {
            connection.disconnect();
            throw broken;
        } finally {
            deadline.cancel(false);
        }
    }

    private static byte[] body(HttpURLConnection connection, long end) throws IOException {
        byte[] answer = new byte[MAX_ANSWER + 1];
        int length = 0;
        InputStream body = connection.getInputStream();
        int read = body.read(answer);
        while (read > 0) {
            length += read;
            checkTime(end);
            read = body.read(answer, length, answer.length - length);
        }
        if (length > MAX_ANSWER) {
            throw new IOException("an answer of more than " + MAX_ANSWER + " bytes");
        }
        return Arrays.copyOf(answer, length);
    }

    private static void checkTime(long end) throws IOException {
        if (System.nanoTime() - end > 0) {
            throw new IOException("an answer that takes too long");
        }
    }

    private HttpURLConnection open() throws IOException {
        // what goes to this machine goes through no proxy, whatever http.nonProxyHosts says
        boolean here = "http".equals(introspectionUri.getScheme());
        HttpURLConnection connection = (HttpURLConnection)
                (here
                        ? introspectionUri.toURL().openConnection(Proxy.NO_PROXY)
                        : introspectionUri.toURL().openConnection());
        if (connection instanceof HttpsURLConnection https) {
            // not the JVM's defaults: an application beside this one may have set some that trust everybody
            https.setSSLSocketFactory(tls);
            https.setHostnameVerifier((host, session) -> false); // asked only about a name that the certificate has not
        }
        connection.setConnectTimeout(CONNECT_MS);
        connection.setReadTimeout(readMillis);
        connection.setInstanceFollowRedirects(false); // the token and the secret go nowhere else
        connection.setUseCaches(false);
        connection.setRequestMethod("POST");
        connection.setDoOutput(true);
        connection.setRequestProperty("Authorization", basic);
        connection.setRequestProperty("Accept", "application/json");
        connection.setRequestProperty("Content-Type", "application/x-www-form-urlencoded");
        return connection;
    }

    private static Map<String, Object> claimsIn(byte[] answer) throws IOException {
        Map<String, Object> claims;
        try {
            claims = new JSONParser(new ByteArrayInputStream(answer), StandardCharsets.UTF_8.name()).parseObject();
        } catch (Throwable broken) { // Tomcat's parser has Errors for bad letters, and no end to how deep it goes
            ExceptionUtils.handleThrowable(broken);
            // without its message, which would repeat the answer
            throw new IOException("no JSON object: " + broken.getClass().getSimpleName());
        }
        claims.values().removeIf(Objects::isNull);
        claims.replaceAll((name, value) -> value instanceof String text ? unescaped(text) : value);
        return Boolean.TRUE.equals(claims.get("active")) ? Map.copyOf(claims) : Map.of();
    }

    /** Tomcat's parser leaves the escapes of JSON as they are, but for the hexadecimal ones. */
    private static String unescaped(String text) {
        StringBuilder plain = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\' && i + 1 < text.length()) {
                i++;
                c = switch (text.charAt(i)) {
                    case 'b' -> '\b';
                    case 'f' -> '\f';
                    case 'n' -> '\n';
                    case 'r' -> '\r';
                    case 't' -> '\t';
                    default -> text.charAt(i);
                };
            }
            plain.append(c);
        }
        return plain.toString();
    }

    /** One thread, while there is something to wait for; it belongs to no web application. */
    private static ScheduledThreadPoolExecutor deadlines() {
        ScheduledThreadPoolExecutor deadlines = new ScheduledThreadPoolExecutor(1, work -> {
            Thread thread = new Thread(null, work, "alexa-bearer-deadlines", 0, false);
            thread.setContextClassLoader(Elsewhere.class.getClassLoader());
            thread.setDaemon(true);
            return thread;
        });
        deadlines.setKeepAliveTime(10, TimeUnit.SECONDS);
        deadlines.allowCoreThreadTimeOut(true);
        deadlines.setRemoveOnCancelPolicy(true);
        return deadlines;
    }

    private static SSLSocketFactory tls() {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, null, null);
            return context.getSocketFactory();
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException("every Java platform has TLS", impossible);
        }
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
