package io.github.alexalink.page;

import freemarker.cache.URLTemplateLoader;
import freemarker.core.TemplateClassResolver;
import freemarker.template.Configuration;
import freemarker.template.SimpleObjectWrapper;
import freemarker.template.Template;
import freemarker.template.TemplateException;
import freemarker.template.TemplateExceptionHandler;
import io.github.alexalink.config.Settings;
import io.github.alexalink.protocol.Sha256;
import io.github.alexalink.protocol.UiLocales;
import io.github.alexalink.store.LinkRepository.Linked;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.logging.Logger;

/** The pages: the sign-in and consent form, the linked apps, and the ones that say what went wrong. */
public final class Pages {

    private static final Logger log = Logger.getLogger(Pages.class.getName());
    private static final SecureRandom RANDOM = new SecureRandom();

    /** The request attribute with the languages that an authorization request asks for. */
    private static final String UI_LOCALES = Pages.class.getName() + ".ui_locales";

    /** The request attribute with the query of the authorization request. */
    private static final String AGAIN = Pages.class.getName() + ".again";

    /** The key of the script in the model of a page that has a password on it. */
    private static final String SCRIPT = "script";

    private final Configuration templates;
    private final Settings settings;
    private final String script;
    private final String scriptHash;

    /** Finds a template by its name. */
    @FunctionalInterface
    public interface Source {
        /** Returns null if there is none of that name. */
        URL find(String name) throws MalformedURLException;
    }

    public Pages(Source source, Settings settings) {
        this.settings = settings;
        this.templates = new Configuration(Configuration.VERSION_2_3_34);
        templates.setTemplateLoader(new URLTemplateLoader() {
            @Override
            protected URL getURL(String name) {
                try {
                    return source.find(name);
                } catch (MalformedURLException noSuchName) {
                    return null;
                }
            }
        });
        templates.setTemplateUpdateDelayMilliseconds(Long.MAX_VALUE);
        templates.setLocalizedLookup(false);
        templates.setDefaultEncoding("UTF-8");
        templates.setOutputEncoding("UTF-8");
        // .ftlh escapes by itself; no template, not even an operator's, reaches a class or method
        templates.setNewBuiltinClassResolver(TemplateClassResolver.ALLOWS_NOTHING_RESOLVER);
        templates.setAPIBuiltinEnabled(false);
        templates.setObjectWrapper(new SimpleObjectWrapper(Configuration.VERSION_2_3_34));
        templates.setTemplateExceptionHandler(TemplateExceptionHandler.RETHROW_HANDLER);
        templates.setLogTemplateExceptions(false);
        this.script = read(source, "show-password.js");
        this.scriptHash = "'sha256-"
                + Base64.getEncoder().encodeToString(Sha256.of(script).bytes()) + "'";
    }

    /** Reads a file as a browser does, which makes every line break a line feed before it hashes a script. */
    private static String read(Source source, String name) {
        try (InputStream file = source.find(name).openStream()) {
            return new String(file.readAllBytes(), StandardCharsets.UTF_8).replaceAll("\\R", "\n");
        } catch (IOException missing) {
            throw new UncheckedIOException(name + " of the WAR cannot be read", missing);
        }
    }

    /**
     * The language of the pages for a request, for example {@code pt-BR}, so that names from the database are in it too.
     */
    public String language(HttpServletRequest http) {
        return words(http).languageTag();
    }

    /**
     * Puts the languages that an authorization request asks for before those of the browser, for every page that answers
     * this HTTP request.
     */
    public void speak(HttpServletRequest http, UiLocales wanted) {
        http.setAttribute(UI_LOCALES, wanted);
    }

    /**
     * Keeps the authorization request, so that a page that asks for patience can offer to try again.
     *
     * @param query as it would stand in the address
     */
    public void keep(HttpServletRequest http, String query) {
        http.setAttribute(AGAIN, query);
    }

    /**
     * The sign-in and consent page. Always 200, because an in-app browser may replace any other answer by a page of its
     * own.
     */
    public void consent(HttpServletRequest http, HttpServletResponse reply, ConsentForm form) throws IOException {
        Messages messages = messages(http, reply);
        Map<String, Object> model = model(http, messages);
        title(model, messages, messages.get("consent.title", form.clientName()), form.attempt());
        model.put("question", messages.get("consent.question", form.clientName()));
        model.put("scopes", form.scopes());
        model.put("signIn", messages.get("consent.sign_in", settings.name()));
        credentials(model, messages, form.attempt());
        if (form.amazons()) {
            model.put("notAmazon", messages.get("consent.not_amazon"));
        }
        model.put("allow", messages.get("consent.allow"));
        model.put("deny", messages.get("consent.deny"));
        model.put("hidden", form.hidden());
        send(reply, 200, "consent.ftlh", model, "form-action 'self' " + form.formAction());
    }

    /** The page of linked apps: the sign-in form, or the list after signing in. */
    public void links(HttpServletRequest http, HttpServletResponse reply, LinksForm form) throws IOException {
        Messages messages = messages(http, reply);
        Map<String, Object> model = model(http, messages);
        title(model, messages, messages.get("links.title"), form.attempt());
        credentials(model, messages, form.attempt());
        model.put("intro", messages.get("links.intro"));
        model.put("show", messages.get("links.show"));
        form.links().ifPresent(links -> {
            model.put("links", links.stream().map(link -> entry(messages, link)).toList());
            model.put("none", messages.get("links.none"));
            model.put("start", messages.get("links.start"));
            model.put("signInAgain", messages.get("links.sign_in_again"));
            model.put("confirm", messages.get("links.confirm"));
            model.put("unlink", messages.get("links.unlink"));
            model.put("unlinkAll", messages.get("links.unlink_all"));
            form.unlinked().ifPresent(ended -> notice(model, messages, ended, links));
        });
        send(reply, 200, "links.ftlh", model, "form-action 'self'");
    }

    /** Says what was unlinked. Two links of one app differ in their dates only, and one may still be alive. */
    private static void notice(Map<String, Object> model, Messages messages, List<Linked> ended, List<Linked> alive) {
        if (ended.isEmpty()) {
            model.put("notice", messages.get("links.gone"));
            return;
        }
        if (ended.size() > 1) {
            model.put("again", messages.get("links.again"));
            model.put("notice", messages.get("links.unlinked_several"));
            model.put("ended", ended.stream().map(link -> entry(messages, link)).toList());
            return;
        }
        String name = ended.get(0).clientName();
        boolean another = alive.stream().anyMatch(link -> link.clientName().equals(name));
        if (!another) {
            model.put("again", messages.get("links.again"));
        }
        model.put("notice", messages.get(another ? "links.unlinked_another" : "links.unlinked", name));
    }

    private static Map<String, Object> entry(Messages messages, Linked link) {
        return Map.of(
                "id", link.linkId().toString(),
                "client", link.clientName(),
                "scopes", link.scopes(),
                "since", messages.get("links.since", messages.moment(link.since())),
                "used", messages.get("links.used", messages.day(link.lastUsedAt())),
                "choose", messages.get("links.choose", link.clientName()));
    }

    /** Puts an error into the title: a screen reader reads it first, and a list of tabs shows it. */
    private static void title(Map<String, Object> model, Messages messages, String title, Attempt attempt) {
        model.put("title", title);
        model.put("pageTitle", attempt.error().isPresent() ? messages.get("consent.error_title", title) : title);
        attempt.error().ifPresent(key -> model.put("error", messages.get(key)));
    }

    private void credentials(Map<String, Object> model, Messages messages, Attempt attempt) {
        model.put("usernameLabel", messages.get("consent.username"));
        model.put("passwordLabel", messages.get("consent.password"));
        model.put("showPassword", messages.get("consent.show_password"));
        model.put("forgotten", messages.get("consent.forgotten"));
        model.put("username", attempt.username());
        model.put("tries", attempt.wrongTries());
        model.put(SCRIPT, script);
    }

    /**
     * A page that says what went wrong and what the listener can do, with a reference that is also in the log.
     *
     * @param key of the bundle: {@code key.title}, {@code key.what}, {@code key.todo}
     * @param why for the operator's log only
     */
    public void problem(HttpServletRequest http, HttpServletResponse reply, int status, String key, String why)
            throws IOException {
        byte[] random = new byte[4];
        RANDOM.nextBytes(random);
        String reference = HexFormat.of().formatHex(random);
        log.info(() -> "page " + status + " [" + key + "] shown, reference [" + reference + "]: " + why);
        Messages messages = messages(http, reply);
        Map<String, Object> model = model(http, messages);
        model.put("title", messages.get(key + ".title"));
        model.put("what", messages.get(key + ".what"));
        model.put("todo", messages.get(key + ".todo"));
        model.put("reference", messages.get("problem.reference", reference));
        onwards(http, status, model, messages);
        send(reply, status, "problem.ftlh", model, "form-action 'none'");
    }

    /**
     * A page for the operator, in English.
     *
     * @param model for the template; gets the members that every page has
     */
    public void english(
            HttpServletRequest http, HttpServletResponse reply, int status, String template, Map<String, Object> model)
            throws IOException {
        reply.setHeader("Content-Language", "en");
        model.putAll(model(http, Messages.in(List.of("en"), null)));
        send(reply, status, template, model, "form-action 'none'");
    }

    /** Puts a link on a page that would be a dead end: an in-app browser may have no button to reload. */
    private static void onwards(HttpServletRequest http, int status, Map<String, Object> model, Messages messages) {
        boolean later = status == 429 || status == 503;
        if (later && http.getAttribute(AGAIN) instanceof String request) {
            model.put("link", "authorize?" + request);
            model.put("onwards", messages.get("problem.again"));
        } else if (status == 404 || http.getServletPath().equals("/links")) {
            model.put("link", "links");
            model.put("onwards", messages.get(later ? "problem.again" : "links.title"));
        }
    }

    private static Messages words(HttpServletRequest http) {
        List<String> wanted = http.getAttribute(UI_LOCALES) instanceof UiLocales asked ? asked.tags() : List.of();
        return Messages.in(wanted, http.getHeader("Accept-Language"));
    }

    private static Messages messages(HttpServletRequest http, HttpServletResponse reply) {
        Messages messages = words(http);
        reply.setHeader("Content-Language", messages.languageTag());
        reply.setHeader("Vary", "Accept-Language");
        return messages;
    }

    private Map<String, Object> model(HttpServletRequest http, Messages messages) {
        Map<String, Object> model = new HashMap<>();
        model.put("lang", messages.languageTag());
        model.put("dir", messages.direction());
        model.put("product", settings.name());
        model.put("root", root(http));
        return model;
    }

    /**
     * The way from the page's address to the root of this web application. It is relative, because alexa.issuer may have
     * another path than the browser asked for; then the page would have no style.
     */
    private static String root(HttpServletRequest http) {
        Object failed = http.getAttribute(RequestDispatcher.ERROR_REQUEST_URI);
        String asked = failed instanceof String uri ? uri : http.getRequestURI();
        String below =
                asked.substring(Math.min(asked.length(), http.getContextPath().length() + 1));
        return "../".repeat((int) below.chars().filter(letter -> letter == '/').count());
    }

    private void send(
            HttpServletResponse reply, int status, String template, Map<String, Object> model, String formAction)
            throws IOException {
        StringWriter page = new StringWriter();
        try {
            Template compiled = templates.getTemplate(template);
            compiled.process(model, page);
        } catch (TemplateException broken) {
            throw new IOException("template " + template + " is broken", broken);
        }
        byte[] body = page.toString().getBytes(StandardCharsets.UTF_8);
        reply.setStatus(status);
        reply.setContentType("text/html;charset=UTF-8");
        reply.setHeader("Cache-Control", "no-store");
        reply.setHeader(
                "Content-Security-Policy",
                "default-src 'none'; " + (model.containsKey(SCRIPT) ? "script-src " + scriptHash + "; " : "")
                        + "style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; " + formAction);
        reply.setContentLength(body.length);
        reply.getOutputStream().write(body);
    }
}
