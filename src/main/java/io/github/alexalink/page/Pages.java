package io.github.alexalink.page;

import freemarker.cache.URLTemplateLoader;
import freemarker.core.TemplateClassResolver;
import freemarker.template.Configuration;
import freemarker.template.SimpleObjectWrapper;
import freemarker.template.Template;
import freemarker.template.TemplateException;
import freemarker.template.TemplateExceptionHandler;
import io.github.alexalink.config.Settings;
import io.github.alexalink.store.LinkRepository.Linked;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.StringWriter;
import java.net.MalformedURLException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.logging.Logger;

/** The pages: the sign-in and consent form, the linked apps, and the ones that say what went wrong. */
public final class Pages {

    private static final Logger log = Logger.getLogger(Pages.class.getName());
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Configuration templates;
    private final Settings settings;

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
    }

    /**
     * The language of the pages for a request, for example {@code pt-BR}, so that names from the database are in it too.
     */
    public String language(HttpServletRequest http) {
        return accepting(http).languageTag();
    }

    /**
     * The sign-in and consent page. Always 200, because an in-app browser may replace any other answer by a page of its
     * own.
     */
    public void consent(HttpServletRequest http, HttpServletResponse reply, ConsentForm form) throws IOException {
        Messages messages = messages(http, reply);
        Map<String, Object> model = model(messages);
        title(model, messages, messages.get("consent.title", settings.name(), form.clientName()), form.error());
        model.put("question", messages.get("consent.question", form.clientName()));
        model.put("scopes", form.scopes());
        model.put("account", messages.get("consent.account", settings.name()));
        credentials(model, messages, form.username());
        model.put("allow", messages.get("consent.allow"));
        model.put("deny", messages.get("consent.deny"));
        model.put("hidden", form.hidden());
        send(reply, 200, "consent.ftlh", model, "form-action 'self' " + form.formAction());
    }

    /** The page of linked apps: the sign-in form, or the list after signing in. */
    public void links(HttpServletRequest http, HttpServletResponse reply, LinksForm form) throws IOException {
        Messages messages = messages(http, reply);
        Map<String, Object> model = model(messages);
        boolean done = form.message().equals(Optional.of("links.unlinked"));
        title(model, messages, messages.get("links.title"), done ? Optional.empty() : form.message());
        credentials(model, messages, form.username());
        if (done) {
            model.put("notice", messages.get("links.unlinked"));
            model.put("again", messages.get("links.again"));
        }
        model.put("intro", messages.get("links.intro", settings.name()));
        model.put("show", messages.get("links.show"));
        form.links().ifPresent(links -> {
            model.put("links", links.stream().map(link -> entry(messages, link)).toList());
            model.put("none", messages.get("links.none"));
            model.put("start", messages.get("links.start"));
            model.put("confirm", messages.get("links.confirm"));
            model.put("unlink", messages.get("links.unlink"));
            model.put("unlinkAll", messages.get("links.unlink_all"));
        });
        send(reply, 200, "links.ftlh", model, "form-action 'self'");
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
    private static void title(Map<String, Object> model, Messages messages, String title, Optional<String> error) {
        model.put("title", title);
        model.put("pageTitle", error.isPresent() ? messages.get("consent.error_title", title) : title);
        error.ifPresent(key -> model.put("error", messages.get(key)));
    }

    private static void credentials(Map<String, Object> model, Messages messages, String username) {
        model.put("notAmazon", messages.get("consent.not_amazon"));
        model.put("usernameLabel", messages.get("consent.username"));
        model.put("passwordLabel", messages.get("consent.password"));
        model.put("username", username);
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
        Map<String, Object> model = model(messages);
        model.put("title", messages.get(key + ".title"));
        model.put("what", messages.get(key + ".what", settings.name()));
        model.put("todo", messages.get(key + ".todo", settings.name()));
        model.put("reference", messages.get("problem.reference", reference));
        send(reply, status, "problem.ftlh", model, "form-action 'none'");
    }

    private static Messages accepting(HttpServletRequest http) {
        return Messages.accepting(http.getHeader("Accept-Language"));
    }

    private static Messages messages(HttpServletRequest http, HttpServletResponse reply) {
        Messages messages = accepting(http);
        reply.setHeader("Content-Language", messages.languageTag());
        reply.setHeader("Vary", "Accept-Language");
        return messages;
    }

    private Map<String, Object> model(Messages messages) {
        Map<String, Object> model = new HashMap<>();
        model.put("lang", messages.languageTag());
        model.put("dir", messages.direction());
        model.put("product", settings.name());
        model.put("base", settings.issuer().getRawPath());
        return model;
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
                "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
                        + formAction);
        reply.setContentLength(body.length);
        reply.getOutputStream().write(body);
    }
}
