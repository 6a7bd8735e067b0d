package musicserver;

import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.PrintWriter;

/** The parts that all pages of the demo have. */
final class Page {

    private Page() {}

    static PrintWriter begin(HttpServletResponse reply) throws IOException {
        reply.setContentType("text/html;charset=UTF-8");
        reply.setHeader("Cache-Control", "no-store");
        reply.setHeader("Referrer-Policy", "no-referrer");
        PrintWriter page = reply.getWriter();
        page.println("<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Demo music server</title>"
                + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
                + "<link rel=\"stylesheet\" href=\"demo.css\"></head><body><main>");
        return page;
    }

    static void end(PrintWriter page) {
        page.println("</main></body></html>");
    }

    static String escaped(String value) {
        return value == null
                ? ""
                : value.replace("&", "&amp;")
                        .replace("<", "&lt;")
                        .replace(">", "&gt;")
                        .replace("\"", "&quot;")
                        .replace("'", "&#39;");
    }
}
