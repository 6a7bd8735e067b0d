package io.github.alexalink;

import io.github.alexalink.approve.ApproveServlet;
import io.github.alexalink.approve.SignIn;
import io.github.alexalink.authorize.AuthorizationTarget;
import io.github.alexalink.authorize.AuthorizeServlet;
import io.github.alexalink.config.Settings;
import io.github.alexalink.health.HealthServlet;
import io.github.alexalink.page.ErrorServlet;
import io.github.alexalink.page.Pages;
import io.github.alexalink.page.SecurityHeaders;
import io.github.alexalink.store.AuditRepository;
import io.github.alexalink.store.AuthorizationCodeRepository;
import io.github.alexalink.store.ClientRepository;
import io.github.alexalink.store.Database;
import io.github.alexalink.store.RealmRepository;
import io.github.alexalink.store.SchemaRepository;
import io.github.alexalink.store.TokenRepository;
import io.github.alexalink.token.AuthorizationCodeGrant;
import io.github.alexalink.token.RefreshTokenGrant;
import io.github.alexalink.token.Refusals;
import io.github.alexalink.token.TokenServlet;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Servlet;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import java.sql.SQLException;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import javax.naming.InitialContext;
import javax.naming.NamingException;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Builds everything once when the web application starts, and closes it when it stops. */
public final class AlexaLink implements ServletContextListener {

    private static final Logger log = LoggerFactory.getLogger(AlexaLink.class);

    private Database database;
    private ScheduledExecutorService background;

    @Override
    public void contextInitialized(ServletContextEvent starting) {
        ServletContext context = starting.getServletContext();
        try {
            Settings settings = Settings.read(Settings.of(context::getInitParameter));
            build(context, settings, pool());
        } catch (Settings.BadSetting bad) {
            throw refuseToStart(bad.getMessage());
        } catch (NamingException noPool) {
            throw refuseToStart(whyNoPool(noPool));
        }
    }

    private void build(ServletContext context, Settings settings, DataSource pool) {
        database = new Database(pool);
        background = Executors.newScheduledThreadPool(2, work -> {
            Thread thread = new Thread(work, "alexa-background");
            thread.setDaemon(true);
            return thread;
        });
        SchemaRepository schema = new SchemaRepository(database);
        ClientRepository clients = new ClientRepository(database);
        AuditRepository audit = new AuditRepository(database);
        AuthorizationCodeRepository codes = new AuthorizationCodeRepository(database);
        TokenRepository tokens = new TokenRepository(database);
        Pages pages = new Pages(name -> context.getResource("/WEB-INF/templates/" + name), settings);
        AuthorizationTarget targets = new AuthorizationTarget(clients, audit, settings);
        Refusals refusals = new Refusals(clients, audit);

        Map<String, Servlet> endpoints = new LinkedHashMap<>();
        endpoints.put("/authorize", new AuthorizeServlet(targets, pages));
        endpoints.put(
                "/approve",
                new ApproveServlet(targets, codes, audit, new SignIn(new RealmRepository(database)), pages, settings));
        endpoints.put(
                "/token",
                new TokenServlet(
                        new AuthorizationCodeGrant(tokens, refusals),
                        new RefreshTokenGrant(tokens, refusals),
                        database));
        List<String> paths = endpoints.keySet().stream()
                .map(path -> settings.issuer().getRawPath() + path)
                .toList();
        endpoints.put("/health", new HealthServlet(schema, background, paths));
        endpoints.put("/error", new ErrorServlet(pages));
        endpoints.forEach((path, servlet) ->
                context.addServlet(path.substring(1), servlet).addMapping(path));
        context.addFilter("headers", new SecurityHeaders(settings.issuer()))
                .addMappingForUrlPatterns(EnumSet.of(DispatcherType.REQUEST, DispatcherType.ERROR), false, "/*");

        log.info(
                "Alexa Link {} starts: alexa.issuer [{}], alexa.name [{}], alexa.maintenance [{}], pool [{}],"
                        + " database password <{}>",
                version(context),
                settings.issuer(),
                settings.name(),
                settings.maintenance(),
                pool,
                property("alexa.db.password") == null ? "not set" : "set");
        background.execute(() -> checkSchema(schema));
        if (settings.maintenance()) {
            background.execute(() -> maintain(schema));
        }
    }

    @Override
    public void contextDestroyed(ServletContextEvent stopping) {
        if (background != null) {
            background.shutdownNow();
            try {
                background.awaitTermination(5, TimeUnit.SECONDS);
            } catch (InterruptedException impatient) {
                Thread.currentThread().interrupt();
            }
        }
        if (database != null) {
            database.close();
        }
    }

    private static void checkSchema(SchemaRepository schema) {
        try {
            Optional<String> trouble = schema.trouble();
            if (trouble.isPresent()) {
                log.error("no token can be issued: {}", trouble.get());
            } else {
                log.info("schema alexa fits");
            }
        } catch (SQLException unavailable) {
            log.error("no token can be issued: the database does not answer ({})", Database.explained(unavailable));
        }
    }

    /** Once an hour, not on every node at the same minute; in a minute again where it failed. */
    private void maintain(SchemaRepository schema) {
        long again = 3000 + ThreadLocalRandom.current().nextLong(1200);
        try {
            List<String> done = schema.maintain();
            if (!done.isEmpty()) {
                log.info("maintenance: {}", done);
            }
            Optional<String> remark = schema.remark();
            if (remark.isPresent()) {
                log.warn("maintenance was done, but {}", remark.get());
            }
        } catch (SQLException | RuntimeException unavailable) { // one that got out would end the schedule for ever
            log.warn("no maintenance, next try in a minute: {}", Database.explained(unavailable));
            again = 60;
        }
        if (!background.isShutdown()) {
            Future<?> unused = background.schedule(() -> maintain(schema), again, TimeUnit.SECONDS);
        }
    }

    @SuppressWarnings("BanJNDI") // a fixed name of our own context: nobody's input is looked up
    private static DataSource pool() throws NamingException {
        return (DataSource) new InitialContext().lookup("java:comp/env/jdbc/alexa");
    }

    private static String whyNoPool(NamingException noPool) {
        String url = property("alexa.db.url");
        if (url == null) {
            return "alexa.db.url is not set: it must be the address of the database,"
                    + " for example jdbc:postgresql://127.0.0.1:5432/alexa (in conf/catalina.properties)";
        }
        Throwable cause = noPool.getCause() == null ? noPool : noPool.getCause();
        return "there is no pool at jdbc/alexa, with alexa.db.url [" + url.replaceAll("(?i)(password=)[^&]*", "$1…")
                + "]: " + cause.getMessage();
    }

    private static String property(String name) {
        return System.getProperty(name);
    }

    private static String version(ServletContext context) {
        String version = AlexaLink.class.getPackage().getImplementationVersion();
        return version == null ? "(" + context.getContextPath() + ")" : version;
    }

    private static IllegalStateException refuseToStart(String why) {
        log.error("Alexa Link does not start: {}", why);
        return new IllegalStateException(why);
    }
}
