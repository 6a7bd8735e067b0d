package io.github.alexalink.tool.doctor;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A request to the server.
 *
 * @param path with the query
 * @param headers besides those that each request has
 * @param secret whether something is in it that only the server with the right certificate may have
 */
record Request(String method, String path, Map<String, String> headers, String body, boolean secret) {

    /** As seen of Amazon's servers. */
    private static final String AMAZON = "Apache-HttpClient/4.5.14 (Java/1.8.0_152)";

    /** As an Android phone's in-app browser has it. */
    private static final String PHONE = "Mozilla/5.0 (Linux; Android 14; Pixel 7; wv) AppleWebKit/537.36 (KHTML, like"
            + " Gecko) Version/4.0 Chrome/126.0.0.0 Mobile Safari/537.36";

    /** As Amazon's servers ask. */
    static Request machine(String path) {
        return new Request("GET", path, Map.of("User-Agent", AMAZON, "Accept", "application/json, */*"), "", false);
    }

    /** As Amazon's servers send a form. */
    static Request machine(String path, Map<String, String> form) {
        return new Request(
                "POST",
                path,
                Map.of(
                        "User-Agent",
                        AMAZON,
                        "Accept",
                        "application/json, */*",
                        "Content-Type",
                        "application/x-www-form-urlencoded;charset=UTF-8"),
                encoded(form),
                false);
    }

    /** As the browser in the Alexa app opens a page. */
    static Request phone(String path) {
        return new Request(
                "GET",
                path,
                Map.of(
                        "User-Agent",
                        PHONE,
                        "Accept",
                        "text/html,application/xhtml+xml,*/*;q=0.8",
                        "Accept-Language",
                        "en"),
                "",
                false);
    }

    /** As that browser sends the form of a page. */
    static Request phone(String path, Map<String, String> form, String origin) {
        Map<String, String> headers = new LinkedHashMap<>(phone(path).headers());
        headers.put("Origin", origin);
        headers.put("Sec-Fetch-Site", "same-origin");
        headers.put("Content-Type", "application/x-www-form-urlencoded");
        return new Request("POST", path, headers, encoded(form), true);
    }

    /** As a browser before 2023 sends it, and without anything that nobody else may read. */
    static Request olderPhone(String path, Map<String, String> form, String origin) {
        Request today = phone(path, form, origin);
        Map<String, String> headers = new LinkedHashMap<>(today.headers());
        headers.remove("Sec-Fetch-Site");
        return new Request(today.method(), path, headers, today.body(), false);
    }

    Request with(String name, String value) {
        Map<String, String> more = new LinkedHashMap<>(headers);
        more.put(name, value);
        return new Request(method, path, more, body, secret);
    }

    Request withSecret() {
        return new Request(method, path, headers, body, true);
    }

    /** Without the query, for a report. */
    String shown() {
        return method + " " + path.replaceFirst("\\?.*", "");
    }

    static String encoded(Map<String, String> parameters) {
        return parameters.entrySet().stream()
                .map(parameter ->
                        parameter.getKey() + "=" + URLEncoder.encode(parameter.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
    }
}
