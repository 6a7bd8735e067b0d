package io.github.alexalink.protocol;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.oltu.oauth2.common.OAuth;

/**
 * The parameters of one request, read strictly: from the query or from the body, never from both; in UTF-8; and no
 * parameter twice if the endpoint reads it (RFC 6749 §3.1, §3.2, appendix B).
 *
 * <p>A parameter without a value counts as not sent, and one that the endpoint does not read is ignored (§3.1).
 */
public final class Parameters {

    /** Bytes of the largest form. Alexa's largest is about 2 KiB. */
    public static final int MAX_FORM = 64 * 1024;

    private static final int MAX_LARGE_FORM = 2 * 1024 * 1024;
    private static final int MAX_LARGE_VALUE = 8 * 1024;

    private static final String TOO_SLOW = "the body took too long to arrive";
    private static final int MAX_COUNT = 100;
    private static final Duration MAX_TIME = Duration.ofSeconds(5);

    private final Map<String, List<String>> values;

    private Parameters(Map<String, List<String>> values) {
        this.values = values;
    }

    /**
     * Reads a query string as it was in the request line.
     *
     * @param query without the question mark; null if there was none
     */
    public static Parameters ofQuery(String query) throws OAuthException {
        return parse(query == null ? new byte[0] : query.getBytes(StandardCharsets.ISO_8859_1));
    }

    /**
     * Reads a form from a request's body.
     *
     * @throws OAuthException {@code invalid_request}: another content type, more than {@link #MAX_FORM} bytes, not UTF-8
     */
    public static Parameters ofForm(String contentType, InputStream body) throws OAuthException, IOException {
        return ofForm(contentType, body, MAX_FORM, MAX_FORM);
    }

    /**
     * Reads a form of up to 2 MiB, in which a value may be of any length. A value of more than 8 KiB is read as a lone
     * {@code -}, which is no token. So it takes no more memory than any other form.
     */
    public static Parameters ofLargeForm(String contentType, InputStream body) throws OAuthException, IOException {
        return ofForm(contentType, body, MAX_LARGE_FORM, MAX_LARGE_VALUE);
    }

    private static Parameters ofForm(String contentType, InputStream body, int maxForm, int maxValue)
            throws OAuthException, IOException {
        if (!isForm(contentType)) {
            throw invalid("the body must be " + OAuth.ContentType.URL_ENCODED + ", in UTF-8");
        }
        // Tomcat's time-out starts again with every byte; without a deadline a few slow clients would hold every thread
        long end = System.nanoTime() + MAX_TIME.toNanos();
        Kept kept = new Kept(maxValue);
        byte[] part = new byte[8192];
        int size = 0;
        int count = read(body, part);
        while (count >= 0) {
            size += count;
            kept.add(part, count);
            // size counts bytes read; kept.size() would not do, because the last value may yet be cut
            if (size > maxForm) {
                throw tooLarge(maxForm);
            }
            if (kept.start > MAX_FORM) {
                throw tooLarge(MAX_FORM);
            }
            if (System.nanoTime() > end) {
                throw invalid(TOO_SLOW);
            }
            count = read(body, part);
        }
        if (kept.size() > MAX_FORM) {
            throw tooLarge(MAX_FORM);
        }
        return parse(kept.toByteArray());
    }

    private static OAuthException tooLarge(int limit) {
        return new OAuthException(ErrorCode.REQUEST_TOO_LARGE, "the body is larger than " + limit / 1024 + " KiB");
    }

    private static int read(InputStream body, byte[] part) throws OAuthException, IOException {
        try {
            return body.read(part);
        } catch (SocketTimeoutException silent) { // Tomcat's own time-out: the client sent nothing
            throw invalid(TOO_SLOW);
        }
    }

    /** Collects a body, and replaces every value that is too long by a {@code -}. */
    private static final class Kept extends ByteArrayOutputStream {

        private final int maxValue;
        private int start;
        private int value = -1;
        private boolean tooLong;

        Kept(int maxValue) {
            this.maxValue = maxValue;
        }

        /** Writes into the array itself: a lock per byte would take longer than all other work on a form. */
        void add(byte[] part, int length) {
            if (buf.length < count + length + 1) {
                buf = Arrays.copyOf(buf, Math.max(2 * buf.length, count + length + 1));
            }
            for (int i = 0; i < length; i++) {
                if (part[i] == '&') {
                    start = count + 1;
                    value = -1;
                    tooLong = false;
                } else if (tooLong) {
                    continue;
                } else if (count - start >= maxValue) {
                    tooLong = true;
                    count = value < 0 ? start : value; // a name that is too long is cut altogether
                    buf[count++] = '-';
                    continue;
                } else if (part[i] == '=' && value < 0) {
                    value = count + 1;
                }
                buf[count++] = part[i];
            }
        }
    }

    private static boolean isForm(String contentType) {
        if (contentType == null) {
            return false;
        }
        String[] parts = contentType.toLowerCase(Locale.ROOT).split(";", -1);
        if (!parts[0].strip().equals(OAuth.ContentType.URL_ENCODED)) {
            return false;
        }
        for (int i = 1; i < parts.length; i++) {
            String parameter = parts[i].strip().replace("\"", "");
            if (!parameter.isEmpty() && !parameter.equals("charset=utf-8") && !parameter.equals("charset=utf8")) {
                return false;
            }
        }
        return true;
    }

    private static Parameters parse(byte[] encoded) throws OAuthException {
        Map<String, List<String>> values = new HashMap<>();
        int count = 0;
        int start = 0;
        while (start < encoded.length) {
            int end = indexOf(encoded, '&', start, encoded.length);
            if (end > start) {
                if (++count > MAX_COUNT) {
                    throw invalid("more than " + MAX_COUNT + " parameters");
                }
                int equals = indexOf(encoded, '=', start, end);
                String name = decode(encoded, start, equals);
                String value = equals < end ? decode(encoded, equals + 1, end) : "";
                values.computeIfAbsent(name, unseen -> new ArrayList<>(1)).add(value);
            }
            start = end + 1;
        }
        return new Parameters(values);
    }

    private static int indexOf(byte[] bytes, char wanted, int from, int to) {
        int i = from;
        while (i < to && bytes[i] != wanted) {
            i++;
        }
        return i;
    }

    /**
     * Undoes {@code application/x-www-form-urlencoded}; {@code invalid_request} if the bytes are garbled or not UTF-8.
     */
    static String decode(byte[] encoded, int from, int to) throws OAuthException {
        byte[] decoded = new byte[to - from];
        int length = 0;
        for (int i = from; i < to; i++) {
            byte b = encoded[i];
            if (b == '+') {
                decoded[length++] = ' ';
            } else if (b == '%') {
                int high = i + 2 < to ? Character.digit(encoded[i + 1], 16) : -1;
                int low = i + 2 < to ? Character.digit(encoded[i + 2], 16) : -1;
                if (high < 0 || low < 0) {
                    throw invalid("a parameter is not properly percent-encoded");
                }
                decoded[length++] = (byte) (high << 4 | low);
                i += 2;
            } else {
                decoded[length++] = b;
            }
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(decoded, 0, length))
                    .toString();
        } catch (CharacterCodingException notUtf8) {
            throw invalid("a parameter is not UTF-8");
        }
    }

    /**
     * The value of a parameter; empty if it was not sent or has no value.
     *
     * @throws OAuthException {@code invalid_request} if it was sent twice or has control characters in it
     */
    public Optional<String> optional(String name) throws OAuthException {
        Optional<String> value = secret(name);
        if (value.isPresent() && hasControlCharacters(value.get())) {
            throw invalid(name + " has control characters in it");
        }
        return value;
    }

    /**
     * The value of a parameter in which control characters are allowed: a password, which is compared and never shown.
     */
    public Optional<String> secret(String name) throws OAuthException {
        List<String> sent = values.getOrDefault(name, List.of());
        if (sent.size() > 1) {
            throw invalid(name + " is sent more than once");
        }
        return sent.isEmpty() || sent.get(0).isEmpty() ? Optional.empty() : Optional.of(sent.get(0));
    }

    public static boolean hasControlCharacters(String value) {
        for (int i = 0; i < value.length(); i++) {
            if (Character.isISOControl(value.charAt(i))) {
                return true;
            }
        }
        return false;
    }

    /** The value of a parameter that must be there; {@code invalid_request} if it is missing. */
    public String required(String name) throws OAuthException {
        return optional(name).orElseThrow(() -> invalid(name + " is missing"));
    }

    /** All values of a parameter that may come more than once, such as check boxes; none if it was not sent. */
    public List<String> every(String name) {
        return List.copyOf(values.getOrDefault(name, List.of()));
    }

    /** Whether any of these names was sent, with a value or without. */
    public boolean hasAny(List<String> names) {
        return !Collections.disjoint(values.keySet(), names);
    }

    private static OAuthException invalid(String description) {
        return new OAuthException(ErrorCode.INVALID_REQUEST, description);
    }
}
