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
 * Introspects tokens at an Alexa Link in another Tomcat (RFC 7662). The answer that a token is live is kept for some
 * seconds, so a revocation is noticed that much later. The answer that a token is not live is never kept.
 *
 * <p>{@link HttpURLConnection} starts no thread that would keep a redeployed web application in memory. Few requests are
 * sent at a time: a flood of made-up tokens then takes neither all of Tomcat's threads here nor all database connections
 * there.
 */
final class IntrospectionClient implements AccessTokens {

    private static final int CONNECT_MS = 1000;
    /** Alexa hangs up after 4.5 seconds. */
    static final int READ_MS = 4000;

    /**
     * Fewer than half of the connections that Alexa Link's pool has by default, so a flood here leaves some for Alexa.
     */
    static final int MAX_CONCURRENT = 4;

    /** How long a thread waits until it may send. */
    private static final int MAX_WAIT_MS = 1000;

    private static final int MAX_ANSWER = 64 * 1024;

    private final URI introspectionUri;
    private final String basic;
    private final long keepMillis;
    private final int readMillis;
    private final int maxKept;
    private final Semaphore permits = new Semaphore(MAX_CONCURRENT, true);
    private final ScheduledThreadPoolExecutor deadlines = deadlines();
    private final SSLSocketFactory tls = tls();
    /** By the token's hash, the least recently used first. */
    private final Map<String, Kept> kept = new LinkedHashMap<>(16, 0.75f, true);

    /**
     * An answer and the {@link System#nanoTime} until which it counts. An operator who sets the clock back does not
     * prolong it.
     */
    private record Kept(Map<String, Object> claims, long until) {}

    IntrospectionClient(
            URI introspectionUri, String clientId, String clientSecret, int keepSeconds, int maxKept, int readMillis) {
        this.introspectionUri = introspectionUri;
        // RFC 6749 §2.3.1: form-encoded, then Basic
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
        Map<String, Object> claims = askWhenFree(accessToken);
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

    private Map<String, Object> askWhenFree(String accessToken) throws Unavailable {
        String address = IntrospectionUri.shown(introspectionUri);
        try {
            if (!permits.tryAcquire(MAX_WAIT_MS, TimeUnit.MILLISECONDS)) {
                throw new Unavailable(
                        "for " + MAX_WAIT_MS + " ms " + MAX_CONCURRENT + " requests were waiting for " + address, null);
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
            permits.release();
        }
    }

    private Map<String, Object> ask(String accessToken) throws IOException {
        HttpURLConnection connection = open();
        // the read time-out starts again with every byte, so a server that sends one every three seconds needs a
        // deadline
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(CONNECT_MS + (long) readMillis);
        Future<?> deadline = deadlines.schedule(connection::disconnect, end - System.nanoTime(), TimeUnit.NANOSECONDS);
        try {
            connection.getOutputStream().write(("token=" + encoded(accessToken)).getBytes(StandardCharsets.US_ASCII));
            checkTime(end); // the name look-up may have taken all of the time, and disconnect() does not end that
            int status = connection.getResponseCode();
            if (status != 200) {
                throw new IOException("status " + status);
            }
            deadline.cancel(false); // while the body is read, disconnect() would wait for that very read
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
        // a request to this machine never goes through a proxy, even if http.nonProxyHosts lacks it
        boolean here = "http".equals(introspectionUri.getScheme());
        HttpURLConnection connection = (HttpURLConnection)
                (here
                        ? introspectionUri.toURL().openConnection(Proxy.NO_PROXY)
                        : introspectionUri.toURL().openConnection());
        if (connection instanceof HttpsURLConnection https) {
            // the JVM's defaults would not do: an application beside this one may have set some that trust everybody
            https.setSSLSocketFactory(tls);
            https.setHostnameVerifier((host, session) -> false); // only called if the certificate lacks the name
        }
        connection.setConnectTimeout(CONNECT_MS);
        connection.setReadTimeout(readMillis);
        // a redirect would take the token and the secret to another server
        connection.setInstanceFollowRedirects(false);
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
        } catch (Throwable broken) { // Tomcat's parser throws Errors for bad letters, and recurses without limit
            ExceptionUtils.handleThrowable(broken);
            // not the parser's message, which would repeat the answer
            throw new IOException("no JSON object: " + broken.getClass().getSimpleName());
        }
        claims.values().removeIf(Objects::isNull);
        claims.replaceAll((name, value) -> value instanceof String text ? unescaped(text) : value);
        return Boolean.TRUE.equals(claims.get("active")) ? Map.copyOf(claims) : Map.of();
    }

    /** Undoes the escapes of JSON; Tomcat's parser undoes only the hexadecimal ones. */
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

    /** One thread that runs only while a request is under way. It belongs to no web application. */
    private static ScheduledThreadPoolExecutor deadlines() {
        ScheduledThreadPoolExecutor deadlines = new ScheduledThreadPoolExecutor(1, work -> {
            Thread thread = new Thread(null, work, "alexa-bearer-deadlines", 0, false);
            thread.setContextClassLoader(IntrospectionClient.class.getClassLoader());
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

    /** The key under which an answer is kept, so that the token itself is not. */
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
