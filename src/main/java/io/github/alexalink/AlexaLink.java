package io.github.alexalink;

import io.github.alexalink.approve.ApproveServlet;
import io.github.alexalink.authorize.AuthorizationTarget;
import io.github.alexalink.authorize.AuthorizeServlet;
import io.github.alexalink.config.DatabaseSettings;
import io.github.alexalink.config.MetricsReaders;
import io.github.alexalink.config.Settings;
import io.github.alexalink.diagnosis.Arrivals;
import io.github.alexalink.endpoint.ArrivalFilter;
import io.github.alexalink.endpoint.Refusals;
import io.github.alexalink.health.HealthServlet;
import io.github.alexalink.introspect.ClaimsOf;
import io.github.alexalink.introspect.IntrospectServlet;
import io.github.alexalink.introspect.LookUpLimit;
import io.github.alexalink.links.LinksServlet;
import io.github.alexalink.links.RootServlet;
import io.github.alexalink.metadata.MetadataServlet;
import io.github.alexalink.metrics.Metrics;
import io.github.alexalink.metrics.MetricsServlet;
import io.github.alexalink.metrics.RequestTimer;
import io.github.alexalink.operator.OperatorServlet;
import io.github.alexalink.operator.Overviews;
import io.github.alexalink.page.ErrorServlet;
import io.github.alexalink.page.Messages;
import io.github.alexalink.page.Pages;
import io.github.alexalink.page.SecurityHeaders;
import io.github.alexalink.revoke.RevokeServlet;
import io.github.alexalink.signin.SignIn;
import io.github.alexalink.store.AccessTokenRepository;
import io.github.alexalink.store.AccountRepository;
import io.github.alexalink.store.AuditRepository;
import io.github.alexalink.store.AuthorizationCodeRepository;
import io.github.alexalink.store.BrokenStatementException;
import io.github.alexalink.store.ClientRepository;
import io.github.alexalink.store.Database;
import io.github.alexalink.store.LinkRepository;
import io.github.alexalink.store.PoolFactory;
import io.github.alexalink.store.RefreshTokenRepository;
import io.github.alexalink.store.SchemaRepository;
import io.github.alexalink.store.Trouble;
import io.github.alexalink.token.AuthorizationCodeGrant;
import io.github.alexalink.token.RefreshTokenGrant;
import io.github.alexalink.token.TokenServlet;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Servlet;
import jakarta.servlet.ServletContainerInitializer;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import jakarta.servlet.ServletException;
import java.sql.SQLException;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.logging.Level;
import java.util.logging.Logger;
import javax.naming.InitialContext;
import javax.naming.NamingException;
import javax.sql.DataSource;

/**
 * Builds all objects when the web application starts, and closes them when it stops.
 *
 * <p>Tomcat finds this class as a {@link ServletContainerInitializer} and not in {@code web.xml}. So a Tomcat 9, which
 * knows none of these types, never loads it; {@link OldTomcat} has told the operator by then.
 */
public final class AlexaLink implements ServletContainerInitializer, ServletContextListener {

    private static final Logger log = Logger.getLogger(AlexaLink.class.getName());

    private static final int CHECK_AGAIN_SECONDS = 10;

    private final Trouble notReady = new Trouble(log, "tokens can be issued now");
    private final Trouble maintenance = new Trouble(log, "maintenance works again");
    /** Apart, so that a warning that lasts does not keep the log from saying that maintenance works again. */
    private final Trouble upkeep = new Trouble(log, "maintenance has nothing to warn of any more");

    private Database database;
    private AuditRepository audit;
    private Metrics metrics;
    private ScheduledExecutorService background;

    @Override
    public void onStartup(Set<Class<?>> none, ServletContext context) throws NotStarted {
        // so that contextDestroyed closes what build() opens; contextInitialized would be too late to add servlets
        context.addListener(this);
        LogPrefix.install(context);
        String tooOld = OldTomcat.objection();
        if (tooOld != null) {
            throw refuseToStart(tooOld);
        }
        try {
            UnaryOperator<String> source = Settings.of(context::getInitParameter);
            Settings settings = Settings.read(source);
            DataSource pool = pool();
            String filledWith = PoolFactory.isUnfilled(pool)
                    ? fill(pool, source)
                    : "pool [" + pool.getClass().getName() + "]"; // not its toString(): some pools print their password
            build(context, settings, pool);
            log.info(() -> "Alexa Link " + version(context) + " starts: " + settings + ", " + filledWith);
            for (String warning : StartWarnings.of(context, settings)) {
                log.warning(warning);
            }
        } catch (Settings.BadSetting bad) {
            throw refuseToStart(bad.getMessage());
        } catch (BrokenStatementException broken) {
            if (database != null) {
                database.close(); // or the driver would stay in the JVM
            }
            throw refuseToStart(broken.getMessage());
        } catch (NamingException noPool) {
            throw refuseToStart(whyNoPool(noPool));
        }
    }

    private static String fill(DataSource pool, UnaryOperator<String> source) throws Settings.BadSetting {
        DatabaseSettings settings = DatabaseSettings.read(source);
        PoolFactory.fill(pool, settings.url(), settings.user(), settings::currentPassword, settings.pool());
        return settings.toString();
    }

    private void build(ServletContext context, Settings settings, DataSource pool) {
        MetricsReaders readers = settings.metricsReaders();
        if (readers.isEmpty()) {
            database = new Database(pool);
        } else {
            metrics = new Metrics(domain(context));
            metrics.watch(pool);
            database = new Database(pool, metrics::audited);
        }
        // one thread each for maintenance, which can take a minute, for health, for the audit trail and for the schema
        // metrics
        background = Executors.newScheduledThreadPool(metrics == null ? 3 : 4, work -> {
            Thread thread = new Thread(work, "alexa-background");
            thread.setDaemon(true);
            return thread;
        });
        SchemaRepository schema = new SchemaRepository(database);
        ClientRepository clients = new ClientRepository(database);
        audit = new AuditRepository(database);
        AuthorizationCodeRepository codes = new AuthorizationCodeRepository(database);
        RefreshTokenRepository refreshTokens = new RefreshTokenRepository(database);
        AccessTokenRepository accessTokens = new AccessTokenRepository(database);
        Pages pages = new Pages(name -> context.getResource("/WEB-INF/templates/" + name), settings);
        AuthorizationTarget targets = new AuthorizationTarget(clients, audit, settings);
        LinkRepository links = new LinkRepository(database);
        Refusals refusals = new Refusals(clients, audit);
        Arrivals arrivals = new Arrivals();
        SignIn signIn = new SignIn(new AccountRepository(database), settings, arrivals);

        Map<String, Servlet> endpoints = new LinkedHashMap<>();
        endpoints.put("/authorize", new AuthorizeServlet(targets, pages));
        endpoints.put("/approve", new ApproveServlet(targets, codes, audit, signIn, pages, settings, database));
        endpoints.put(
                "/token",
                new TokenServlet(
                        new AuthorizationCodeGrant(codes, refusals),
                        new RefreshTokenGrant(refreshTokens, refusals),
                        database));
        endpoints.put("/revoke", new RevokeServlet(refreshTokens, accessTokens, refusals, database));
        LookUpLimit limit = new LookUpLimit(pool);
        endpoints.put("/introspect", new IntrospectServlet(accessTokens, limit, refusals, database, settings));
        ClaimsOf claimsOf = new ClaimsOf(accessTokens, limit);
        context.setAttribute(ClaimsOf.ATTRIBUTE, metrics == null ? claimsOf : metrics.counting(claimsOf));
        endpoints.put("/links", new LinksServlet(links, audit, signIn, pages, settings, database));
        endpoints.put(
                "/operator",
                new OperatorServlet(
                        new Overviews(settings.issuer(), database, arrivals),
                        signIn,
                        audit,
                        pages,
                        settings,
                        database));
        endpoints.put(
                "/.well-known/oauth-authorization-server", new MetadataServlet(settings, Messages.languageTags()));
        List<String> paths = endpoints.keySet().stream()
                .map(path -> settings.issuer().getRawPath() + path)
                .toList();
        endpoints.put(
                "/health", new HealthServlet(schema, background, paths, StartWarnings.elsewhere(context, settings)));
        if (metrics != null) {
            count(context, endpoints.keySet());
            metrics.watch(schema, background);
            endpoints.put("/metrics", new MetricsServlet(metrics, readers, refusals, database));
        }
        endpoints.forEach((path, servlet) ->
                context.addServlet(path.substring(1), servlet).addMapping(path));
        // before any servlet of Tomcat's conf/web.xml, which would serve the classes at the root of the WAR
        context.addServlet("error", new ErrorServlet(pages)).addMapping("/*");
        context.addServlet("root", new RootServlet()).addMapping("");
        context.addServlet(SignIn.COUNTER, new SignIn.Counted()); // without a mapping no request reaches it directly
        new ArrivalFilter(arrivals, settings.issuer()).addTo(context);
        context.addFilter("headers", new SecurityHeaders())
                .addMappingForUrlPatterns(EnumSet.of(DispatcherType.REQUEST, DispatcherType.ERROR), false, "/*");

        background.execute(() -> checkSchema(schema));
        background.execute(() -> know(arrivals, clients));
        Future<?> unused = background.scheduleWithFixedDelay(audit::writeCounted, 1, 1, TimeUnit.MINUTES);
        if (settings.maintenance()) {
            background.execute(() -> maintain(schema));
        }
    }

    private void count(ServletContext context, Set<String> endpoints) {
        context.addFilter("metrics", new RequestTimer(metrics))
                .addMappingForServletNames(
                        EnumSet.of(DispatcherType.REQUEST),
                        false,
                        endpoints.stream().map(path -> path.substring(1)).toArray(String[]::new));
    }

    private static String domain(ServletContext context) {
        String name = LogPrefix.name(context);
        return "alexa-link" + (name.startsWith("/") ? name.replaceFirst("/$", "") : "/" + name);
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
            audit.writeCounted();
            database.close();
        }
        if (metrics != null) {
            metrics.close();
        }
    }

    /** Tells the arrivals which clients are registered; if the database is away, the operator's page does so later. */
    private static void know(Arrivals arrivals, ClientRepository clients) {
        try {
            arrivals.know(clients.registrations().stream()
                    .map(registration -> registration.client().clientId())
                    .toList());
        } catch (SQLException unavailable) {
            log.fine(() -> "not read which clients are registered: " + unavailable.getMessage());
        }
    }

    /** Checks the schema until it fits, so that the log also says when a trouble at the start is over. */
    private void checkSchema(SchemaRepository schema) {
        try {
            Optional<String> whyNotReady = schema.whyNotReady();
            if (whyNotReady.isEmpty()) {
                Optional<String> shortcoming = schema.shortcoming();
                log.log(
                        shortcoming.isPresent() ? Level.WARNING : Level.INFO,
                        () -> "schema alexa fits"
                                + shortcoming.map(words -> ", but " + words).orElse(""));
                notReady.isOver();
                return;
            }
            notReady.is(Level.SEVERE, whyNotReady.get(), () -> "no token can be issued: " + whyNotReady.get());
        } catch (SQLException | RuntimeException unavailable) { // one that got out would end the schedule
            if (background.isShutdown()) {
                return;
            }
            notReady.is(
                    Level.SEVERE,
                    Trouble.kindOf(unavailable),
                    () -> "no token can be issued: the database does not answer (" + Database.explained(unavailable)
                            + ")");
        }
        again(() -> checkSchema(schema), CHECK_AGAIN_SECONDS);
    }

    private void again(Runnable work, long seconds) {
        if (!background.isShutdown()) {
            Future<?> unused = background.schedule(work, seconds, TimeUnit.SECONDS);
        }
    }

    /** Runs maintenance once an hour, at another minute on each node; after a failure again in a minute. */
    private void maintain(SchemaRepository schema) {
        long again = 3000 + ThreadLocalRandom.current().nextLong(1200);
        try {
            List<String> done = schema.maintain();
            if (!done.isEmpty()) {
                log.info(() -> "maintenance: " + done);
            }
            Optional<String> warning = schema.maintenanceWarning();
            maintenance.isOver();
            if (warning.isPresent()) {
                upkeep.is(Level.WARNING, warning.get(), () -> "maintenance was done, but " + warning.get());
            } else {
                upkeep.isOver();
            }
        } catch (SQLException | RuntimeException unavailable) { // one that got out would end the schedule
            if (background.isShutdown()) {
                return;
            }
            maintenance.is(
                    Level.WARNING,
                    Trouble.kindOf(unavailable),
                    () -> "no maintenance, next try in a minute: " + Database.explained(unavailable));
            again = 60;
        }
        again(() -> maintain(schema), again);
    }

    @SuppressWarnings("BanJNDI") // a fixed name of our own context: no input is looked up
    private static DataSource pool() throws NamingException {
        return (DataSource) new InitialContext().lookup("java:comp/env/jdbc/alexa");
    }

    private static String whyNoPool(NamingException noPool) {
        Throwable cause = noPool.getCause() == null ? noPool : noPool.getCause();
        return "there is no pool at jdbc/alexa (" + Settings.withoutPassword(String.valueOf(cause.getMessage()))
                + "): the context descriptor must have its Resource, as the WAR's own META-INF/context.xml does";
    }

    private static String version(ServletContext context) {
        String version = AlexaLink.class.getPackage().getImplementationVersion();
        return version == null ? "(" + context.getContextPath() + ")" : version;
    }

    private static NotStarted refuseToStart(String why) {
        log.severe(() -> "Alexa Link does not start: " + why);
        return new NotStarted();
    }

    /** Tells Tomcat to leave this context stopped. The log has the reason already; a stack trace would bury it. */
    private static final class NotStarted extends ServletException {
        private static final long serialVersionUID = 1L;

        NotStarted() {
            super("for the reason in the line before");
        }

        @Override
        public synchronized Throwable fillInStackTrace() {
            return this;
        }
    }
}
