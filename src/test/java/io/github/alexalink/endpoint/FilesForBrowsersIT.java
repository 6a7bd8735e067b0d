package io.github.alexalink.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.Thorough;
import io.github.alexalink.fixture.alexa.Cases;
import io.github.alexalink.fixture.alexa.RawHttp;
import io.github.alexalink.fixture.cases.OnTomcat;
import io.github.alexalink.fixture.servers.CatalinaBase;
import io.github.alexalink.fixture.servers.TestServers;
import io.github.alexalink.fixture.servers.TomcatProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Asks for each entry of the WAR as it is built, so that nobody has to remember this test when a file is added. */
@DisplayName("Two files of the WAR are for browsers, and Tomcat gives away no other")
class FilesForBrowsersIT extends OnTomcat {

    private static final Path WAR = Path.of("target/alexa.war");

    private static final Set<String> FOR_BROWSERS = Set.of("style.css", "icon.svg");

    /** Ways to write a path that a proxy may take for another one than Tomcat does; the rest of the path goes in. */
    private static final List<String> BEFORE = List.of(
            "/alexa/%s",
            "/alexa//%s",
            "/alexa/./%s",
            "/alexa/;/%s",
            "/alexa/;x=y/%s",
            "/alexa;x/%s",
            "/alexa/%%2e/%s",
            "/alexa/x/../%s",
            "/alexa/x/..;/%s",
            "/alexa/x/%%2e%%2e;x/%s",
            "/alexa/..;/alexa/%s",
            "/alexa/style.css/../%s",
            "/alexa/icon.svg/..;/%s",
            "/alexa/authorize/..;/%s",
            "/music-server/..;/alexa/%s",
            "/%%61lexa/%s",
            "/alexa/%%2f%s",
            "/alexa/..%%2falexa/%s");

    private static final List<String> AFTER = List.of(
            "%s",
            "%s/",
            "%s//",
            "%s/.",
            "%s.",
            "%s%%20",
            "%s%%00",
            "%s%%00.css",
            "%s;",
            "%s;x=.css",
            "%s;/style.css",
            "%s;jsessionid=0123456789ABCDEF",
            "%s?x",
            "%s%%3fx",
            "%s%%2f",
            "%s%%5c",
            "%s/style.css",
            "%s/x/..",
            "%s/x/..;");

    /** One of each kind of file and folder. */
    private static final List<String> KINDS = List.of(
            "io/github/alexalink/tool/Launcher.class",
            "io/github/alexalink/tool",
            "io",
            "META-INF/MANIFEST.MF",
            "META-INF/context.xml",
            "META-INF/maven/io.github.alexalink/alexa-link/pom.xml",
            "META-INF",
            "WEB-INF/web.xml",
            "WEB-INF/tool/alexa-tool.jar",
            "WEB-INF/tool",
            "WEB-INF/classes/io/github/alexalink/store/statements/redeem_code.sql",
            "sql/migrations/V1__tables.sql",
            "WEB-INF/templates/consent.ftlh");

    @Test
    void every_entry_of_the_war_is_404_by_our_page_but_style_sheet_and_icon() throws IOException {
        Cases cases = Cases.of("files of the WAR");
        List<String> entries = entries();
        assertThat(entries)
                .contains("META-INF/MANIFEST.MF", "WEB-INF/web.xml", "WEB-INF/tool/alexa-tool.jar")
                .contains("io/github/alexalink/tool/Launcher.class", "io/github/alexalink/tool/")
                .containsAll(FOR_BROWSERS);
        for (String entry : entries) {
            RawHttp.Reply reply = RawHttp.get("/alexa/" + entry);
            if (FOR_BROWSERS.contains(entry)) {
                cases.fine(reply, 200);
            } else {
                cases.page(reply, 404, "There is nothing here");
            }
        }
    }

    @Test
    void no_spelling_of_a_path_gives_away_another_file() throws IOException {
        noSpellingGivesAwayAFile(RawHttp.port());
    }

    /** An operator may have Tomcat list folders; and Tomcat reads a WAR that is not unpacked by other code. */
    @Tag("thorough")
    @ParameterizedTest
    @CsvSource({"tomcat.home, false", "tomcat-10.home, true", "tomcat-10.home, false", "tomcat-oldest.home, true"})
    void another_tomcat_that_lists_folders_gives_away_no_other_file_either(String home, boolean unpacks)
            throws Exception {
        Path tomcat = Path.of(System.getProperty(home)).toAbsolutePath();
        Path base = TestServers.folder("files");
        int port = TestServers.freePort();
        CatalinaBase.delete(base);
        TestServers.prepareBase(base, tomcat, port, TestServers.settings(port));
        Path server = base.resolve("conf/server.xml");
        Files.writeString(
                server, Files.readString(server).replace("unpackWARs=\"true\"", "unpackWARs=\"" + unpacks + "\""));
        Path shared = base.resolve("conf/web.xml");
        Files.writeString(
                shared,
                Files.readString(shared)
                        .replaceFirst("(<param-name>listings</param-name>\\s*<param-value>)false", "$1true"));
        assertThat(Files.readString(shared)).containsPattern("listings</param-name>\\s*<param-value>true");
        CatalinaBase.deploy(base, WAR, "alexa");
        try (TomcatProcess process = TomcatProcess.start(
                tomcat,
                base,
                port,
                List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
                ProcessBuilder.Redirect.to(base.resolve("logs/console.log").toFile()))) {
            assertThat(process.answers("/alexa/health", 200, Duration.ofMinutes(2)))
                    .isTrue();
            assertThat(Files.exists(base.resolve("webapps/alexa"))).isEqualTo(unpacks);
            for (String entry : entries()) {
                assertThat(get(port, "/alexa/" + entry).statusCode())
                        .as(entry)
                        .isEqualTo(FOR_BROWSERS.contains(entry) ? 200 : 404);
            }
            noSpellingGivesAwayAFile(port);
        }
    }

    private static void noSpellingGivesAwayAFile(int port) throws IOException {
        Cases cases = Cases.of("files of the WAR by another spelling");
        for (String file : spelled()) {
            for (String before : BEFORE) {
                for (String after : AFTER) {
                    boolean alone = before.equals(BEFORE.get(0)) || after.equals(AFTER.get(0));
                    if (alone || (Thorough.RUNS && KINDS.contains(file))) {
                        String target = before.formatted(after.formatted(file));
                        RawHttp.Reply reply = get(port, target);
                        assertThat(reply.statusCode()).as(target).isIn(400, 404);
                        cases.answered(reply, 400, 404);
                    }
                }
            }
        }
    }

    /** The path of each kind of file and folder, written in several ways. */
    private static Set<String> spelled() {
        Set<String> all = new LinkedHashSet<>(KINDS);
        for (String file : KINDS) {
            all.add(file.toUpperCase(Locale.ROOT));
            all.add(file.toLowerCase(Locale.ROOT));
            all.add(file.replace("/", "//"));
            all.add(file.replace("/", "/./"));
            all.add(file.replace("/", ";x/"));
            all.add(file.replace("/", "%2f"));
            all.add(file.replace("/", "%5c"));
            all.add(file.replace("I", "%49").replace("i", "%69"));
        }
        return all;
    }

    private static List<String> entries() throws IOException {
        try (JarFile war = new JarFile(WAR.toFile())) {
            return war.stream().map(ZipEntry::getName).toList();
        }
    }

    private static RawHttp.Reply get(int port, String target) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(60_000);
            socket.getOutputStream()
                    .write(("GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1:" + port + "\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.ISO_8859_1));
            return RawHttp.read(socket);
        }
    }
}
