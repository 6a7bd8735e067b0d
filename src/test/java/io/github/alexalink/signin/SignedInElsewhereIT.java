package io.github.alexalink.signin;

import static io.github.alexalink.fixture.cases.UnderAttack.WRONG;
import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Limits;
import io.github.alexalink.fixture.alexa.Replies;
import io.github.alexalink.fixture.cases.Neighbour;
import io.github.alexalink.fixture.servers.CatalinaBase;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import io.github.alexalink.fixture.servers.TomcatProcess;
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
import java.util.Map;
import org.jboss.shrinkwrap.api.exporter.ZipExporter;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tomcat with its SingleSignOn and with an AJP connector that believes the proxy's user. */
@Tag("thorough")
@DisplayName("Tomcat says that the browser is somebody already, and a listener signs in")
class SignedInElsewhereIT {

    private static final Path BASE = Path.of("target/it/signed-in-elsewhere").toAbsolutePath();
    private static final String BOB = Alexa.basic("bob", "builder");

    private static int port;
    private static int ajp;
    private static TomcatProcess tomcat;

    private Alexa alexa;
    private String anna;

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        port = TestServers.freePort();
        ajp = TestServers.freePort();
        CatalinaBase.delete(BASE);
        TestServers.prepareBase(BASE, port);
        Path server = BASE.resolve("conf/server.xml");
        String shipped = Files.readString(server);
        String sharing = shipped.replace(
                        "</Host>", "<Valve className=\"org.apache.catalina.authenticator.SingleSignOn\"/></Host>")
                .replace(
                        "<Engine ",
                        "<Connector protocol=\"AJP/1.3\" address=\"127.0.0.1\" port=\"" + ajp
                                + "\" secretRequired=\"false\" tomcatAuthentication=\"false\"/><Engine ");
        assertThat(sharing).contains("SingleSignOn", "AJP/1.3");
        Files.writeString(server, sharing);
        Files.writeString(BASE.resolve("conf/listeners.xml"), """
                <tomcat-users><role rolename="music.read"/>
                  <user username="bob" password="builder" roles="music.read"/></tomcat-users>
                """);
        Neighbour.withoutValve(
                        "<login-config><auth-method>BASIC</auth-method><realm-name>Music</realm-name></login-config>",
                        "<Realm className=\"org.apache.catalina.realm.MemoryRealm\" pathname=\"conf/listeners.xml\"/>")
                .as(ZipExporter.class)
                .exportTo(BASE.resolve("webapps/neighbour.war").toFile(), true);
        CatalinaBase.deploy(BASE, Path.of("target/alexa.war"), "alexa");
        tomcat = TestServers.startOwn(BASE, port, "/alexa/health", "/neighbour/open");
    }

    @AfterAll
    static void stop() {
        if (tomcat != null) {
            tomcat.close();
        }
    }

    @BeforeEach
    void listener() {
        alexa = Alexa.skill(TestServers.issuer(port));
        anna = TestDatabase.unique("anna");
        TestDatabase.addAccount(anna, PASSWORD);
    }

    @ParameterizedTest
    @ValueSource(strings = {"anna", "bob"})
    void the_neighbours_single_sign_on_is_no_sign_in_here_and_is_not_in_the_way(String who) {
        String cookie = signedInAtTheNeighbour();
        String username = who.equals("bob") ? TestDatabase.unique("bob") : anna;
        if (who.equals("bob")) {
            TestDatabase.addAccount(username, PASSWORD);
        }
        HttpResponse<String> allowed = allow(cookie, username, PASSWORD);
        assertThat(allowed.statusCode()).as(allowed.body()).isEqualTo(303);
        assertThat(TestDatabase.ask(
                        "SELECT subject FROM alexa.authorization_code WHERE code_hash = alexa.hash_of(?)",
                        Alexa.codeIn(allowed)))
                .isEqualTo(username);
        assertThat(allowed.headers().map()).doesNotContainKey("set-cookie");
        HttpResponse<String> links = alexa.post("/links", show(username, PASSWORD), Map.of("Cookie", cookie));
        assertThat(links.statusCode()).isEqualTo(200);
        assertThat(links.body()).doesNotContain(WRONG);
        assertThat(links.headers().map()).doesNotContainKey("set-cookie");
        assertThat(atTheNeighbour("Cookie", cookie).body())
                .as("still who they were")
                .contains("user bob");
    }

    @Test
    void a_wrong_password_is_wrong_and_locks_the_name_as_ever() {
        String cookie = signedInAtTheNeighbour();
        for (int i = 0; i < Limits.WRONG_PASSWORDS; i++) {
            Replies.assertAskedAgain(allow(cookie, anna, "guess " + i), WRONG);
        }
        Replies.assertAskedAgain(allow(cookie, anna, PASSWORD), WRONG);
        Replies.assertAskedAgain(allow("x=y", anna, PASSWORD), WRONG);
    }

    @Test
    void the_neighbours_password_is_none_here() {
        Replies.assertAskedAgain(allow(signedInAtTheNeighbour(), "bob", "builder"), WRONG);
    }

    @Test
    void a_sign_in_here_is_none_at_the_neighbour() {
        HttpResponse<String> allowed = allow("x=y", anna, PASSWORD);
        assertThat(allowed.statusCode()).isEqualTo(303);
        assertThat(allowed.headers().map()).doesNotContainKey("set-cookie");
        assertThat(atTheNeighbour("Cookie", "x=y").statusCode()).isEqualTo(401);
    }

    @Test
    void an_operator_reads_the_page_and_is_signed_in_nowhere() {
        TestDatabase.ask("SELECT alexa.give_role(?, 'alexa-operator')", anna);
        for (String cookie : new String[] {"x=y", signedInAtTheNeighbour()}) {
            HttpResponse<String> page =
                    Alexa.send(HttpRequest.newBuilder(URI.create(TestServers.issuer(port) + "/operator"))
                            .header("Authorization", Alexa.basic(anna, PASSWORD))
                            .header("Cookie", cookie)
                            .build());
            assertThat(page.statusCode()).isEqualTo(200);
            assertThat(page.headers().map()).doesNotContainKey("set-cookie");
        }
        assertThat(atTheNeighbour("Authorization", Alexa.basic(anna, PASSWORD)).statusCode())
                .isEqualTo(401);
        assertThat(Alexa.send(HttpRequest.newBuilder(URI.create(TestServers.issuer(port) + "/operator"))
                                .header("Cookie", signedInAtTheNeighbour())
                                .build())
                        .statusCode())
                .as("the neighbour's single sign-on opens nothing")
                .isEqualTo(401);
    }

    @Test
    void the_user_of_a_proxy_over_ajp_is_not_in_the_way() throws IOException {
        Map<String, String> form = Alexa.hidden(alexa.authorize().body());
        form.put("username", anna);
        form.put("decision", "allow");
        form.put("password", "nope");
        assertThat(statusOverAjp(Alexa.encoded(form))).isEqualTo(200);
        form.put("password", PASSWORD);
        assertThat(statusOverAjp(Alexa.encoded(form))).isEqualTo(303);
    }

    private static String signedInAtTheNeighbour() {
        HttpResponse<String> signedIn = atTheNeighbour("Authorization", BOB);
        assertThat(signedIn.body()).contains("user bob");
        String cookie = signedIn.headers().allValues("set-cookie").stream()
                .filter(each -> each.startsWith("JSESSIONIDSSO="))
                .findFirst()
                .orElseThrow();
        return cookie.replaceFirst(";.*", "");
    }

    private static HttpResponse<String> atTheNeighbour(String header, String value) {
        return Alexa.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/neighbour/read/x"))
                .header(header, value)
                .build());
    }

    private HttpResponse<String> allow(String cookie, String username, String password) {
        Map<String, String> form = Alexa.hidden(alexa.authorize().body());
        form.put("username", username);
        form.put("password", password);
        form.put("decision", "allow");
        return alexa.post("/approve", Alexa.encoded(form), Map.of("Cookie", cookie));
    }

    private static String show(String username, String password) {
        return "action=show&" + Alexa.encoded(Map.of("username", username, "password", password));
    }

    /** Posts a form to /alexa/approve as Apache's mod_proxy_ajp does for its own user carl; returns the status. */
    private static int statusOverAjp(String form) throws IOException {
        byte[] body = form.getBytes(StandardCharsets.US_ASCII);
        ByteArrayOutputStream forward = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(forward);
        out.writeByte(2); // a forwarded request
        out.writeByte(4); // POST
        for (String text : new String[] {"HTTP/1.1", "/alexa/approve", "127.0.0.1", "127.0.0.1", "127.0.0.1"}) {
            write(out, text);
        }
        out.writeShort(port);
        out.writeBoolean(false); // no TLS
        out.writeShort(3);
        write(out, "Host");
        write(out, "127.0.0.1:" + port);
        write(out, "Content-Type");
        write(out, "application/x-www-form-urlencoded");
        write(out, "Content-Length");
        write(out, Integer.toString(body.length));
        out.writeByte(3); // remote_user
        write(out, "carl");
        out.writeByte(0xFF);
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), ajp)) {
            DataOutputStream packets = new DataOutputStream(socket.getOutputStream());
            send(packets, forward.toByteArray());
            ByteArrayOutputStream data = new ByteArrayOutputStream();
            new DataOutputStream(data).writeShort(body.length);
            data.write(body);
            send(packets, data.toByteArray());
            DataInputStream in = new DataInputStream(socket.getInputStream());
            assertThat(in.readShort()).isEqualTo((short) 0x4142);
            in.readShort();
            int kind = in.readByte();
            if (kind == 6) { // Tomcat asks for more of the body, and there is none
                in.readShort();
                send(packets, new byte[0]);
                in.readInt();
                kind = in.readByte();
            }
            assertThat(kind).as("the headers of the answer").isEqualTo(4);
            return in.readUnsignedShort();
        }
    }

    private static void write(DataOutputStream out, String text) throws IOException {
        out.writeShort(text.length());
        out.writeBytes(text);
        out.writeByte(0);
    }

    private static void send(DataOutputStream packets, byte[] content) throws IOException {
        packets.writeShort(0x1234);
        packets.writeShort(content.length);
        packets.write(content);
        packets.flush();
    }
}
