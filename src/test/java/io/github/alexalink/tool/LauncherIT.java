package io.github.alexalink.tool;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.LeftOut;
import io.github.alexalink.fixture.servers.CatalinaBase;
import io.github.alexalink.fixture.servers.TestServers;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("thorough")
@DisplayName("java -jar alexa.war starts the tool, from wherever the WAR lies")
class LauncherIT {

    private static final Path WAR = Path.of("target/alexa.war").toAbsolutePath();
    private static final int OF_JAVA_8 = 52;

    private final Path folder = TestServers.folder("launcher");

    /** How a command ended. */
    private record Ended(int status, String out, String err) {}

    @BeforeEach
    void prepare() throws IOException {
        CatalinaBase.delete(folder);
        Files.createDirectories(folder);
    }

    /** The folder is written with octal escapes, because the JVM of the tests may have another encoding for file names. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"$java\" -jar \"$folder/house#alexa.war\" --version",
                "cd \"$folder\" && \"$java\" -jar 'house#alexa.war' --version",
                "cd \"$folder\" && ln -s 'house#alexa.war' alexa.war && \"$java\" -jar ./alexa.war --version"
            })
    void the_tool_starts_from_a_folder_of_any_name(String command) throws Exception {
        ProcessBuilder shell = new ProcessBuilder(
                "/bin/sh",
                "-euc",
                "folder=$1/$(printf 'a folder/\\303\\274/a#b/100%%/a%%20b/a+b/a!/a;b/a?b/\\044a')\njava=$2\n"
                        + "mkdir -p \"$folder\"\ncp \"$3\" \"$folder/house#alexa.war\"\n" + command,
                "sh",
                folder.toString(),
                java(),
                WAR.toString());
        shell.environment().put("LC_ALL", "C.UTF-8");
        Ended ended = ended(shell);
        assertThat(ended.err()).isEmpty();
        assertThat(ended.out()).startsWith("Alexa Link ").doesNotContain("not packed");
        assertThat(ended.status()).isZero();
    }

    @Test
    void the_tool_needs_no_temporary_folder() throws Exception {
        Ended ended = run(java(), "-Djava.io.tmpdir=/nonexistent", "-jar", WAR.toString(), "sql", "install");
        assertThat(ended.err()).isEmpty();
        assertThat(ended.out()).contains("CREATE TABLE alexa.link");
        assertThat(ended.status()).isZero();
    }

    @Test
    void half_a_war_is_refused_in_one_line() throws Exception {
        Path half = folder.resolve("alexa.war");
        byte[] whole = Files.readAllBytes(WAR);
        Files.write(half, Arrays.copyOf(whole, whole.length / 2));
        Ended ended = run(java(), "-jar", half.toString(), "--version");
        assertThat(ended.err()).as("by Java itself").isEqualTo("Error: Invalid or corrupt jarfile " + half + "\n");
        assertThat(ended.status()).isEqualTo(1);
    }

    @Test
    void a_war_that_was_damaged_is_refused_in_one_line() throws Exception {
        Path damaged = Files.copy(WAR, folder.resolve("alexa.war"));
        try (FileChannel file = FileChannel.open(damaged, StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.wrap("x".repeat(1000).getBytes(StandardCharsets.US_ASCII)), placeOf("WEB-INF/tool/"));
        }
        Ended ended = run(java(), "-jar", damaged.toString(), "--version");
        assertThat(ended.err())
                .startsWith(damaged + " is not complete (")
                .endsWith("): copy it again\n")
                .hasLineCount(1);
        assertThat(ended.out()).isEmpty();
        assertThat(ended.status()).isEqualTo(1);
    }

    /** The place in the WAR at which the content of a file in this folder begins, and a little more. */
    private static long placeOf(String name) throws IOException {
        String war = new String(Files.readAllBytes(WAR), StandardCharsets.ISO_8859_1);
        int place = war.indexOf(name, war.indexOf(name) + 1);
        assertThat(place).isPositive();
        return place + 200L;
    }

    @Test
    void a_war_that_is_overwritten_while_a_command_runs_does_it_no_harm() throws Exception {
        Path war = Files.copy(WAR, folder.resolve("alexa.war"));
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Process list = start(
                    java(),
                    "-jar",
                    war.toString(),
                    "account",
                    "list",
                    "--db",
                    "postgresql://127.0.0.1:" + silent.getLocalPort() + "/alexa");
            try (Socket asked = silent.accept()) {
                asked.getInputStream().read(); // so the command is half done
                Files.write(war, new byte[(int) Files.size(WAR)]);
                asked.getOutputStream().write('X'); // and this is no answer of PostgreSQL's
            }
            Ended ended = ended(list);
            assertThat(ended.err())
                    .doesNotContain("Error:", "Exception", "\tat ")
                    .isNotBlank();
            assertThat(ended.status()).isEqualTo(1);
        }
    }

    /** There is no older Java here to try it with; one reads class files up to its own version. */
    @Test
    void java_8_can_read_the_launcher_and_hears_which_java_it_needs() throws IOException {
        List<String> launchers = new ArrayList<>();
        try (JarFile war = new JarFile(WAR.toFile())) {
            for (JarEntry entry : (Iterable<JarEntry>) war.stream()::iterator) {
                if (!entry.getName().startsWith("WEB-INF/") && entry.getName().endsWith(".class")) {
                    launchers.add(entry.getName());
                    try (DataInputStream file = new DataInputStream(war.getInputStream(entry))) {
                        assertThat(file.readInt()).isEqualTo(0xCAFEBABE);
                        file.readUnsignedShort();
                        assertThat(file.readUnsignedShort()).as(entry.getName()).isEqualTo(OF_JAVA_8);
                    }
                }
            }
        }
        assertThat(launchers)
                .contains("io/github/alexalink/tool/Launcher.class")
                .allMatch(name -> name.startsWith("io/github/alexalink/tool/Launcher"));
        assertThat(Launcher.tooOld("11", "/usr/lib/jvm/java-11-openjdk-amd64"))
                .isEqualTo("Alexa Link needs Java 17 or later, this is 11 (/usr/lib/jvm/java-11-openjdk-amd64)");
        assertThat(Launcher.tooOld("1.8", "/jdk8/jre"))
                .isEqualTo("Alexa Link needs Java 17 or later, this is 8 (/jdk8/jre)");
        assertThat(Launcher.tooOld("16", "/jdk")).isNotNull();
        assertThat(Launcher.tooOld("17", "/jdk")).isNull();
        assertThat(Launcher.tooOld("25", "/jdk")).isNull();
    }

    @Test
    void java_25_warns_of_nothing() throws Exception {
        String told = System.getenv("JDK_25");
        Path jdk = Path.of(told == null ? "/usr/lib/jvm/temurin-25-jdk-amd64" : told);
        if (!Files.exists(jdk.resolve("bin/java"))) {
            LeftOut.evenInCi(jdk + " is no JDK: set JDK_25");
        }
        String java = jdk.resolve("bin/java").toString();
        Ended help = run(java, "-jar", WAR.toString(), "--help");
        assertThat(help.err()).isEmpty();
        assertThat(help.status()).isZero();
        String nobody = "postgresql://127.0.0.1:" + TestServers.freePort() + "/alexa";
        Ended refused = run(java, "-jar", WAR.toString(), "account", "list", "--db", nobody);
        assertThat(refused.err()).as("with the JDBC driver loaded").doesNotContainIgnoringCase("warning");
        assertThat(refused.status()).isEqualTo(1);
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin/java").toString();
    }

    private Ended run(String... command) throws IOException, InterruptedException {
        return ended(start(command));
    }

    private Process start(String... command) throws IOException {
        return start(new ProcessBuilder(command));
    }

    private Ended ended(ProcessBuilder command) throws IOException, InterruptedException {
        return ended(start(command));
    }

    private Process start(ProcessBuilder command) throws IOException {
        return command.redirectOutput(folder.resolve("out").toFile())
                .redirectError(folder.resolve("err").toFile())
                .start();
    }

    private Ended ended(Process process) throws IOException, InterruptedException {
        assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
        return new Ended(
                process.exitValue(), Files.readString(folder.resolve("out")), Files.readString(folder.resolve("err")));
    }
}
