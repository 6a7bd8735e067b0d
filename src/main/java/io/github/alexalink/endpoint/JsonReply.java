package io.github.alexalink.endpoint;

import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Sends JSON with headers that forbid caching, unless the caller has set {@code Cache-Control}. */
public final class JsonReply {

    private JsonReply() {}

    public static void send(HttpServletResponse reply, int status, String json) throws IOException {
        byte[] body = json.getBytes(StandardCharsets.UTF_8);
        reply.setStatus(status);
        reply.setContentType("application/json;charset=UTF-8");
        if (!reply.containsHeader("Cache-Control")) {
            reply.setHeader("Cache-Control", "no-store"); // RFC 6749 §5.1
            reply.setHeader("Pragma", "no-cache");
        }
        reply.setContentLength(body.length);
        reply.getOutputStream().write(body);
    }
}
