package io.github.alexalink.bearer;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.cases.Neighbour;
import io.github.alexalink.fixture.servers.CatalinaBase;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import io.github.alexalink.fixture.servers.TomcatProcess;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import neighbour.LoginServlet;
import org.jboss.shrinkwrap.api.exporter.ZipExporter;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A Tomcat with {@code SingleSignOn} in its Host, and an AJP connector whose proxy names users. Its settings come from
 * the environment.
 */
@DisplayName("Without optional, nothing but a token opens what the Valve guards")
class BearerAloneOpensIT {

    private static final Path BASE = Path.of("target/it/signing-on").toAbsolutePath();
    private static final String BASIC = "<login-config><auth-method>BASIC</auth-method></login-config>";
    private static final String BOB = Alexa.basic("bob", "builder");

    private static int port;
    private static int ajpPort;
    private static TomcatProcess tomcat;

    private final String carl = TestDatabase.unique("carl");
    private final String token =
            "Bearer " + Alexa.skill(TestServers.issuer(port)).linked(carl).getString("access_token");

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        port = TestServers.freePort();
        ajpPort = TestServers.freePort();
        CatalinaBase.delete(BASE);
        TestServers.prepareBase(
                BASE,
                port,
                Map.of(
                        "org.apache.tomcat.util.digester.PROPERTY_SOURCE",
                        "org.apache.tomcat.util.digester.EnvironmentPropertySource"));
        Path server = BASE.resolve("conf/server.xml");
        Files.writeString(
                server,
                Files.readString(server)
                        .replace("<Engine ", """
                                <Connector protocol="AJP/1.3" address="127.0.0.1" port="%d" secretRequired="false"
                                  tomcatAuthentication="false"/><Engine \
                                """.formatted(ajpPort))
                        .replace(
                                "</Host>",
                                "<Valve className=\"org.apache.catalina.authenticator.SingleSignOn\"/></Host>"));
        Files.writeString(BASE.resolve("conf/listeners.xml"), """
                <tomcat-users><role rolename="music.read"/>
                  <user username="bob" password="builder" roles="music.read"/></tomcat-users>
                """);
        CatalinaBase.deploy(BASE, Path.of("target/alexa.war"), "alexa");
        String realm = "<Realm className=\"org.apache.catalina.realm.MemoryRealm\" pathname=\"conf/listeners.xml\"/>";
        deploy("other", Neighbour.withoutValve(BASIC, realm));
        deploy("tokens", Neighbour.war("", "", realm));
        deploy("cached", Neighbour.war("cache='true' alwaysUseSession='true'", "", realm));
        deploy("beside", Neighbour.war("optional='true'", BASIC, realm));
        deploy("beside-none", Neighbour.war("optional='true'", "", realm));
        deploy(
                "credentials",
                Neighbour.war(
                        "introspectionUri='%s/introspect' clientId='%s' clientSecretFile='${CREDENTIALS_DIRECTORY}/music'"
                                .formatted(TestServers.issuer(port), musicServer()),
                        ""));
        tomcat = TestServers.startOwn(
                BASE,
                port,
                List.of("-Dalexa.autodeploy=false"),
                Map.of("CREDENTIALS_DIRECTORY", BASE.resolve("credentials").toString()),
                "/tokens/open",
                "/alexa/health");
    }

    /** Registers a music server, and puts its secret where systemd's LoadCredential would. */
    private static String musicServer() throws IOException {
        String id = TestDatabase.unique("music");
        String secret = TestDatabase.ask(
                "SELECT client_secret FROM alexa.register_resource_server(client_id => ?, display_name => 'Music')",
                id);
        Alexa.SECRETS.add(secret);
        Files.writeString(Files.createDirectories(BASE.resolve("credentials")).resolve("music"), secret);
        return id;
    }

    private static void deploy(String name, WebArchive war) {
        war.addClass(LoginServlet.class)
                .as(ZipExporter.class)
                .exportTo(BASE.resolve("webapps/" + name + ".war").toFile(), true);
    }

    @AfterAll
    static void stop() {
        if (tomcat != null) {
            tomcat.close();
        }
    }

    @Test
    void a_cookie_of_single_sign_on_opens_nothing() {
        String cookie = signedOn();
        assertThat(get("/other/read", "Cookie", cookie).body())
                .as("it is a good one")
                .contains("user bob");
        assertRefused(get("/tokens/read", "Cookie", cookie));
        assertThat(get("/tokens/open", "Cookie", cookie).body().lines()).contains("user null", "type null");
        assertRefused(get("/tokens/login", "Cookie", cookie));
    }

    @ParameterizedTest
    @ValueSource(strings = {"tokens", "beside", "beside-none"})
    void a_token_beside_a_cookie_counts_alone_and_leaves_no_cookie_and_no_session(String name) {
        HttpResponse<String> reply = get("/" + name + "/read", "Cookie", signedOn(), "Authorization", token);
        assertThat(reply.body().lines()).contains("user " + carl, "type BEARER", "control true", "session false");
        assertThat(reply.headers().allValues("Set-Cookie")).isEmpty();
        HttpResponse<String> dead =
                get("/" + name + "/read", "Cookie", signedOn(), "Authorization", "Bearer " + Neighbour.unknownToken());
        assertThat(dead.statusCode()).isEqualTo(401);
        assertThat(dead.headers().firstValue("WWW-Authenticate").orElse("")).contains("invalid_token");
    }

    @ParameterizedTest
    @ValueSource(strings = {"beside", "beside-none"})
    void with_optional_the_cookie_counts_as_it_would_without_the_valve(String name) {
        assertThat(get("/" + name + "/read").statusCode()).isEqualTo(401);
        HttpResponse<String> reply = get("/" + name + "/read", "Cookie", signedOn());
        assertThat(reply.body().lines()).contains("user bob", "type BASIC", "claims null");
        assertThat(get("/" + name + "/control", "Cookie", signedOn()).statusCode())
                .isEqualTo(403);
    }

    @ParameterizedTest
    @ValueSource(strings = {"tokens", "cached"})
    void a_user_whom_the_application_signs_in_is_signed_in_for_that_request_only(String name) {
        HttpResponse<String> reply = get("/" + name + "/login?user=bob&password=builder");
        assertThat(reply.body().lines()).contains("user bob", "type NONE");
        String cookies = cookies(reply);
        assertThat(cookies).as("of Tomcat's, for the other applications").contains("JSESSIONIDSSO=", "JSESSIONID=");
        assertThat(get("/other/read", "Cookie", cookies).body()).contains("user bob");
        assertRefused(get("/" + name + "/read", "Cookie", cookies));
        assertRefused(get("/" + name + "/login", "Cookie", cookies));
        assertThat(get("/" + name + "/open", "Cookie", cookies).body().lines()).contains("user null", "session true");
    }

    @Test
    void a_proxy_that_names_a_user_by_ajp_opens_nothing_whatever_it_calls_the_login() throws IOException {
        assertThat(ajp("/other/read", "bob", "BASIC")).as("Tomcat believes it").startsWith("403");
        assertThat(ajp("/other/open", "bob", "BASIC")).contains("user bob");
        for (String type : new String[] {"BASIC", "BEARER"}) {
            assertThat(ajp("/tokens/read", "bob", type)).startsWith("401");
            assertThat(ajp("/tokens/anybody", "bob", type)).startsWith("401");
            assertThat(ajp("/tokens/open", "bob", type)).startsWith("200").contains("user null", "type null");
        }
    }

    @Test
    void a_secret_is_read_from_where_systemd_puts_it() {
        assertThat(get("/credentials/read", "Authorization", token).body()).contains("user " + carl);
    }

    private static void assertRefused(HttpResponse<String> reply) {
        assertThat(reply.statusCode()).isEqualTo(401);
        assertThat(reply.headers().allValues("WWW-Authenticate"))
                .containsExactly("Bearer realm=\"Authentication required\"");
    }

    /** Signs in at another application of this Host, and returns the cookie of SingleSignOn. */
    private static String signedOn() {
        HttpResponse<String> reply = get("/other/read", "Authorization", BOB);
        assertThat(reply.body()).contains("user bob");
        String cookies = cookies(reply);
        assertThat(cookies).contains("JSESSIONIDSSO=");
        return cookies;
    }

    private static String cookies(HttpResponse<String> reply) {
        return reply.headers().allValues("Set-Cookie").stream()
                .map(cookie -> cookie.split(";", 2)[0])
                .collect(Collectors.joining("; "));
    }

    private static HttpResponse<String> get(String path, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(Duration.ofMinutes(1));
        return Alexa.send((headers.length == 0 ? request : request.headers(headers)).build());
    }

    /** Sends a GET by AJP 1.3, as a proxy that has signed a user in; returns the status and the body. */
    private static String ajp(String path, String user, String authType) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream request = new DataOutputStream(bytes);
        request.writeByte(2); // forward request
        request.writeByte(2); // GET
        for (String value : new String[] {"HTTP/1.1", path, "127.0.0.1", "127.0.0.1", "127.0.0.1"}) {
            write(request, value);
        }
        request.writeShort(80);
        request.writeByte(0); // no TLS
        request.writeShort(1);
        request.writeShort(0xA00B); // Host
        write(request, "127.0.0.1");
        request.writeByte(3); // remote_user
        write(request, user);
        request.writeByte(4); // auth_type
        write(request, authType);
        request.writeByte(0xFF);
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), ajpPort)) {
            socket.setSoTimeout(60_000);
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            out.writeShort(0x1234);
            out.writeShort(bytes.size());
            bytes.writeTo(out);
            DataInputStream in = new DataInputStream(socket.getInputStream());
            StringBuilder answer = new StringBuilder();
            while (true) {
                in.readShort(); // AB
                byte[] packet = in.readNBytes(in.readUnsignedShort());
                DataInputStream content = new DataInputStream(new ByteArrayInputStream(packet));
                switch (content.readByte()) {
                    case 4 -> answer.append(content.readUnsignedShort()).append('\n'); // headers
                    case 3 -> // a piece of the body
                        answer.append(
                                new String(content.readNBytes(content.readUnsignedShort()), StandardCharsets.UTF_8));
                    default -> {
                        return answer.toString();
                    }
                }
            }
        }
    }

    private static void write(DataOutputStream request, String value) throws IOException {
        request.writeShort(value.length());
        request.write(value.getBytes(StandardCharsets.US_ASCII));
        request.writeByte(0);
    }
}
