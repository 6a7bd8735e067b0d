package io.github.alexalink.bearer;

import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.security.Principal;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.Realm;
import org.apache.catalina.Valve;
import org.apache.catalina.authenticator.AuthenticatorBase;
import org.apache.catalina.authenticator.BasicAuthenticator;
import org.apache.catalina.authenticator.DigestAuthenticator;
import org.apache.catalina.authenticator.FormAuthenticator;
import org.apache.catalina.authenticator.SSLAuthenticator;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.realm.GenericPrincipal;
import org.apache.juli.logging.Log;
import org.apache.juli.logging.LogFactory;
import org.apache.tomcat.util.descriptor.web.LoginConfig;
import org.apache.tomcat.util.descriptor.web.SecurityConstraint;

/**
 * Lets Alexa in to a music server that knows nothing of OAuth: a request with an access token in {@code Authorization:
 * Bearer} gets a principal, the auth type {@code BEARER}, and the token's scopes as roles, so that the
 * {@code <security-constraint>}s of any {@code web.xml} decide. One line in the music server's context descriptor:
 *
 * <pre>{@code <Valve className="io.github.alexalink.bearer.BearerAuthenticator"/>}</pre>
 *
 * <p>What is known of the token is in the request attribute {@value #ATTRIBUTE} as well, a map by the names of RFC 7662
 * §2.2, for applications that ignore the container's principal.
 */
public final class BearerAuthenticator extends AuthenticatorBase {

    /** The request attribute in which an application finds the claims of the token. */
    public static final String ATTRIBUTE = "io.github.alexalink.claims";

    private static final Log log = LogFactory.getLog(BearerAuthenticator.class);
    private static final String METHOD = "BEARER";
    private static final String SCHEME = "Bearer";
    /**
     * Every access token of Alexa Link begins like this. With {@code optional} any other token is left to the
     * application.
     */
    private static final String PREFIX = "ala_";
    /** The form of every access token of Alexa Link: 52 bytes in base64url. The Valve asks about no other. */
    private static final Pattern OURS = Pattern.compile(PREFIX + "[A-Za-z0-9_-]{70}");
    /** What may follow {@code Bearer} (RFC 6750 §2.1, b64token). */
    private static final Pattern B64TOKEN = Pattern.compile("[A-Za-z0-9._~+/-]{1,200}=*");

    /**
     * The note on a request that holds the principal this Valve has set. The auth type would not do: AJP can forge it.
     */
    private static final String COUNTS = BearerAuthenticator.class.getName() + ".counts";

    /** How many introspected tokens are remembered, half a kilobyte each: more than any household has devices. */
    private static final int MAX_KEPT = 10_000;

    private static final int MAX_KEEP_SECONDS = 3600;

    private String alexaPath = "/alexa";
    private boolean optional;
    private String introspectionUri;
    private String clientId = "";
    private String clientSecret = "";
    private String clientSecretFile = "";
    private int keepSeconds = 30;
    private String clients;

    private final Outage outage = new Outage(System::nanoTime);
    private AccessTokens accessTokens;
    /** Null if the tokens of every client count. */
    private ClientLimit limit;

    private AuthenticatorBase own;

    public BearerAuthenticator() {
        cache = false;
    }

    /** Does nothing: a token is good for one request, and a session never says who the listener is. */
    @Override
    public void setCache(boolean ignored) {}

    /** The path of the Alexa context in this Host. Default {@code /alexa}. */
    public void setAlexaPath(String alexaPath) {
        this.alexaPath = alexaPath;
    }

    /**
     * Whether requests without a token of Alexa Link are left to the application and its login. Default false: a
     * constraint then answers them with a Bearer challenge, even if another part of Tomcat has named a user.
     */
    public void setOptional(boolean optional) {
        this.optional = optional;
    }

    /** The introspection endpoint of an Alexa Link in another Tomcat. Default: none, Alexa Link is in this Host. */
    public void setIntrospectionUri(String introspectionUri) {
        this.introspectionUri = introspectionUri;
    }

    /** The client id given to {@code alexa.register_resource_server}; only with {@code introspectionUri}. */
    public void setClientId(String clientId) {
        this.clientId = clientId;
    }

    /**
     * The secret that {@code alexa.register_resource_server} returned; only with {@code introspectionUri}. There is no
     * getter, because JMX would show its value.
     */
    public void setClientSecret(String clientSecret) {
        this.clientSecret = clientSecret;
    }

    /** The file that holds the secret, instead of {@code clientSecret}; a relative path begins at CATALINA_BASE. */
    public void setClientSecretFile(String clientSecretFile) {
        this.clientSecretFile = clientSecretFile;
    }

    /**
     * How many seconds an introspected token counts as live without asking again. The Valve notices a revocation that
     * much later; 0 asks each time. Default 30; only with {@code introspectionUri}: in this Host the Valve asks each
     * time.
     */
    public void setKeepSeconds(int keepSeconds) {
        this.keepSeconds = keepSeconds;
    }

    /**
     * The ids of the clients whose tokens count here, with spaces between. A token of another client is refused like one
     * that does not exist. Default: none is named, the tokens of every client count.
     */
    public void setClients(String clients) {
        this.clients = clients;
    }

    /** The clients whose tokens count here, for JMX. */
    public String getClients() {
        return clients;
    }

    /** How many requests were refused because their token is of a client that {@code clients} does not name, for JMX. */
    public long getRefusedOfOtherClients() {
        ClientLimit now = limit;
        return now == null ? 0 : now.refused();
    }

    @Override
    protected String getAuthMethod() {
        return METHOD;
    }

    @Override
    protected void startInternal() throws LifecycleException {
        try {
            limit = clients == null ? null : ClientLimit.of(clients, System::nanoTime);
        } catch (IllegalArgumentException bad) {
            throw refuseToStart(bad.getMessage());
        }
        if (introspectionUri == null) {
            accessTokens = new SameHostContext(context, alexaPath);
        } else {
            accessTokens = elsewhere();
        }
        if (optional) {
            startOwn();
        }
        super.startInternal();
    }

    private AccessTokens elsewhere() throws LifecycleException {
        try {
            URI uri = IntrospectionUri.checked(introspectionUri);
            String secret = clientSecret;
            if (!clientSecretFile.isEmpty()) {
                check(secret.isEmpty(), "there is a clientSecret beside clientSecretFile: take it away");
                secret = SecretFile.read(context.getCatalinaBase().toPath(), clientSecretFile);
            }
            check(
                    !clientId.isEmpty() && !secret.isEmpty(),
                    "introspectionUri is [" + IntrospectionUri.shown(uri)
                            + "], and needs " + (clientId.isEmpty() ? "clientId" : "clientSecretFile")
                            + " with it: SELECT * FROM alexa.register_resource_server(…)");
            check(
                    keepSeconds >= 0 && keepSeconds <= MAX_KEEP_SECONDS,
                    "keepSeconds is [" + keepSeconds + "]: it must be 0 to " + MAX_KEEP_SECONDS
                            + ", so much later a revocation is noticed");
            return new IntrospectionClient(uri, clientId, secret, keepSeconds, MAX_KEPT, IntrospectionClient.READ_MS);
        } catch (IllegalArgumentException bad) {
            throw refuseToStart(bad.getMessage());
        }
    }

    private static void check(boolean good, String otherwise) {
        if (!good) {
            throw new IllegalArgumentException(otherwise);
        }
    }

    /** Logs the reason in one line as well, because Tomcat surrounds the exception with fifty lines of its own. */
    private LifecycleException refuseToStart(String why) {
        log.error(context.getName() + " does not start: BearerAuthenticator: " + why);
        return new LifecycleException(why);
    }

    /**
     * Starts the login of {@code web.xml} behind this Valve: Tomcat installs it only if there is no other authenticator.
     */
    private void startOwn() throws LifecycleException {
        LoginConfig login = context.getLoginConfig();
        String method = login == null || login.getAuthMethod() == null ? "NONE" : login.getAuthMethod();
        own = switch (method) {
            case HttpServletRequest.BASIC_AUTH -> new BasicAuthenticator();
            case HttpServletRequest.DIGEST_AUTH -> new DigestAuthenticator();
            case HttpServletRequest.FORM_AUTH -> new FormAuthenticator();
            case HttpServletRequest.CLIENT_CERT_AUTH, "CLIENT-CERT" -> new SSLAuthenticator();
            default -> null;
        };
        if (own != null) {
            own.setContainer(context);
            own.start();
        }
    }

    @Override
    protected void stopInternal() throws LifecycleException {
        super.stopInternal();
        if (own != null) {
            own.stop();
            own.destroy(); // otherwise it stays in JMX, and keeps the application in memory
            own = null;
        }
        accessTokens = null;
    }

    @Override
    public void invoke(Request request, Response response) throws IOException, ServletException {
        List<String> headers = Collections.list(request.getHeaders("Authorization"));
        if (headers.size() > 1 && headers.stream().anyMatch(this::isOurs)) {
            refuse(response, 400, "invalid_request", "more than one Authorization header", "");
            return;
        }
        if (headers.size() != 1 || !isOurs(headers.get(0))) {
            withoutToken(request, response);
            return;
        }
        String token = tokenIn(headers.get(0));
        if (!B64TOKEN.matcher(token).matches()) {
            refuse(response, 400, "invalid_request", "the Authorization header is not Bearer and an access token", "");
            return;
        }
        Map<String, Object> claims;
        try {
            claims = claimsOf(token);
        } catch (AccessTokens.Unavailable unavailable) {
            outage.failed(unavailable.explained()).ifPresent(line -> log.warn(context.getName() + ": " + line));
            response.setHeader("Retry-After", "5");
            response.sendError(HttpServletResponse.SC_SERVICE_UNAVAILABLE);
            return;
        }
        if (!(claims.get("sub") instanceof String subject) || !isOfAClientThatCounts(claims)) {
            refuse(response, 401, "invalid_token", "the access token is unknown, expired or revoked", "");
            return;
        }
        List<String> scopes = claims.get("scope") instanceof String scope && !scope.isBlank()
                ? List.of(scope.strip().split(" +"))
                : List.of();
        Principal listener = new GenericPrincipal(subject, scopes);
        request.setUserPrincipal(listener);
        request.setNote(COUNTS, listener);
        request.setAuthType(METHOD);
        request.setAttribute(ATTRIBUTE, claims);
        if (hasScope(request, response)) {
            super.invoke(request, response);
        }
    }

    private Map<String, Object> claimsOf(String token) throws AccessTokens.Unavailable {
        if (!OURS.matcher(token).matches()) {
            return Map.of();
        }
        Map<String, Object> claims = accessTokens.claimsOf(token);
        outage.worked().ifPresent(line -> log.info(context.getName() + ": " + line));
        return claims;
    }

    private boolean isOfAClientThatCounts(Map<String, Object> claims) {
        if (limit == null || limit.names(claims.get("client_id"))) {
            return true;
        }
        limit.refuse(claims.get("client_id")).ifPresent(line -> log.warn(context.getName() + ": " + line));
        return false;
    }

    private boolean isOurs(String header) {
        return isBearer(header) && (!optional || tokenIn(header).startsWith(PREFIX));
    }

    private static String tokenIn(String header) {
        return header.substring(SCHEME.length()).strip();
    }

    private static boolean isBearer(String header) {
        return header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
                && (header.length() == SCHEME.length() || header.charAt(SCHEME.length()) == ' ');
    }

    /**
     * Lets the constraints decide: the application's own login answers if there is one, otherwise a Bearer challenge.
     */
    private void withoutToken(Request request, Response response) throws IOException, ServletException {
        if (own != null) {
            Valve next = getNext();
            own.setNext(next);
            own.invoke(request, response);
            return;
        }
        if (!optional) {
            // SingleSignOn, a proxy by AJP or another Valve may have named a user; without a token that user does not
            // count
            request.setUserPrincipal(null);
            request.setAuthType(null);
        }
        super.invoke(request, response);
    }

    /** Checks the constraints before Tomcat does: only here is it known that a 403 means a missing scope. */
    private boolean hasScope(Request request, Response response) throws IOException {
        Realm realm = context.getRealm();
        SecurityConstraint[] constraints = realm.findSecurityConstraints(request, context);
        if (constraints == null || realm.hasResourcePermission(request, response, constraints, context)) {
            return true;
        }
        Set<String> wanted = new LinkedHashSet<>();
        for (SecurityConstraint constraint : constraints) {
            String[] roles = constraint.getAllRoles() ? context.findSecurityRoles() : constraint.findAuthRoles();
            for (String role : roles) {
                wanted.add(context.findRoleMapping(role)); // the scope, if a PropertiesRoleMappingListener names one
            }
        }
        GenericPrincipal listener = (GenericPrincipal) request.getPrincipal();
        log.info(context.getName() + ": 403 for the token of [" + listener.getName() + "]: it has the scopes "
                + List.of(listener.getRoles()) + ", and web.xml wants one of the roles " + wanted);
        challenge(
                response,
                "insufficient_scope",
                "the access token does not have the scope for this",
                String.join(" ", wanted));
        return false; // hasResourcePermission has answered 403
    }

    /** Tomcat calls this if a constraint demands a user. */
    @Override
    protected boolean doAuthenticate(Request request, HttpServletResponse response) throws IOException {
        Principal principal = request.getPrincipal();
        if (principal != null && (optional || principal == request.getNote(COUNTS))) {
            return true;
        }
        // RFC 6750 §3.1: no error code for a request without any authentication
        response.setHeader("WWW-Authenticate", SCHEME + " realm=\"" + getRealmName(context) + "\"");
        response.sendError(HttpServletResponse.SC_UNAUTHORIZED);
        return false;
    }

    /** Called if the application itself calls {@link HttpServletRequest#authenticate}. */
    @Override
    public boolean authenticate(Request request, HttpServletResponse response) throws IOException {
        boolean ownBusiness = own != null && request.getUserPrincipal() == null;
        return ownBusiness ? own.authenticate(request, response) : super.authenticate(request, response);
    }

    /** Called if the application itself calls {@link HttpServletRequest#login}: good for this request. */
    @Override
    public void login(String username, String password, Request request) throws ServletException {
        if (own != null) {
            own.login(username, password, request);
        } else {
            // NONE as in a Tomcat without a login-config; SingleSignOn would pass BEARER on to other applications
            register(request, request.getResponse(), doLogin(request, username, password), "NONE", username, password);
            request.setNote(COUNTS, request.getPrincipal());
        }
    }

    @Override
    public void logout(Request request) {
        if (own != null) {
            own.logout(request);
        } else {
            super.logout(request);
        }
    }

    private void refuse(Response response, int status, String error, String description, String scope)
            throws IOException {
        challenge(response, error, description, scope);
        response.sendError(status);
    }

    private void challenge(Response response, String error, String description, String scope) {
        response.setHeader(
                "WWW-Authenticate",
                SCHEME + " realm=\"" + getRealmName(context) + "\", error=\"" + error + "\", error_description=\""
                        + description + "\"" + (scope.isEmpty() ? "" : ", scope=\"" + scope + "\""));
    }
}
