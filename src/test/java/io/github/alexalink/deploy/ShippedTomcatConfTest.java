package io.github.alexalink.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("What tomcat-conf/ gives to an operator")
class ShippedTomcatConfTest {

    private static final Path SHIPPED = Path.of("tomcat-conf");

    @Test
    void every_xml_file_is_well_formed_and_names_no_password() throws Exception {
        try (Stream<Path> files = Files.walk(SHIPPED)) {
            List<Path> xml = files.filter(file -> file.toString().endsWith(".xml"))
                    .sorted(Comparator.naturalOrder())
                    .toList();
            assertThat(xml).hasSizeGreaterThanOrEqualTo(2);
            for (Path file : xml) {
                DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(file.toFile());
                assertThat(Files.readString(file)).doesNotContainPattern("(?i)(password|secret)=\"[^$\"]");
            }
        }
    }

    /** Tomcat's own port is everywhere what is installed; the demo of {@code ./mvnw -Prun} has another. */
    @Test
    void every_file_and_document_has_one_port_for_an_installed_tomcat() throws IOException {
        String readme = Files.readString(Path.of("README.md"));
        assertThat(ports(readme.substring(0, readme.indexOf("## Install it")))).containsOnly("8095");
        assertThat(ports(readme.substring(readme.indexOf("## Install it")))).containsOnly("8080");
        assertThat(ports(Files.readString(Path.of("docs/first-run.md"))))
                .as("the demo, and at its end an installed server")
                .containsExactly("8095", "8080");
        assertThat(Files.readString(SHIPPED.resolve("server.xml"))).contains("port=\"${http.port:-8080}\"");
        try (Stream<Path> shipped = Files.walk(SHIPPED);
                Stream<Path> documents = Files.walk(Path.of("docs"))) {
            List<Path> others = Stream.concat(shipped, documents)
                    .filter(Files::isRegularFile)
                    .filter(file -> !file.endsWith("first-run.md"))
                    .toList();
            for (Path file : others) {
                assertThat(ports(Files.readString(file)))
                        .as(file.toString())
                        .isSubsetOf(file.endsWith("tailscale-funnel.sh") ? List.of("8080", "8096") : List.of("8080"));
            }
            assertThat(others.stream().filter(file -> file.startsWith("tomcat-conf/proxy")))
                    .hasSize(8);
        }
    }

    /** The ports behind a host, as far as they could be an HTTP server's. */
    private static List<String> ports(String text) {
        return Pattern.compile("(?:[0-9]|localhost|LISTEN):(80\\d\\d|8[1-9]\\d\\d)\\b")
                .matcher(text)
                .results()
                .map(port -> port.group(1))
                .distinct()
                .toList();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "none",
            value = {
                "1.8.0_402 |             | -XX:+ExitOnOutOfMemoryError -XX:+UseSerialGC -Xms32m -Xmx256m",
                "17.0.15   |             | -XX:+ExitOnOutOfMemoryError -XX:+UseSerialGC -Xms32m -Xmx256m",
                "21.0.2    |             | -Djdk.virtualThreadScheduler.parallelism=64 -Dtomcat.virtualThreads=true"
                        + " -XX:+ExitOnOutOfMemoryError -XX:+UseSerialGC -Xms32m -Xmx256m",
                "25        |             | -Dtomcat.virtualThreads=true -XX:+ExitOnOutOfMemoryError -XX:+UseSerialGC"
                        + " -Xms32m -Xmx256m",
                "25.0.1    | -Xmx1g      | -Dtomcat.virtualThreads=true -XX:+ExitOnOutOfMemoryError -XX:+UseSerialGC"
                        + " -Xmx1g",
                "17.0.15   | -Xms64m     | -XX:+ExitOnOutOfMemoryError -XX:+UseSerialGC -Xmx256m -Xms64m",
                "17.0.15   | -XX:+UseZGC | -XX:+ExitOnOutOfMemoryError -Xms32m -Xmx256m -XX:+UseZGC",
                "none      |             | -XX:+ExitOnOutOfMemoryError -XX:+UseSerialGC -Xms32m -Xmx256m",
            })
    void setenv_adds_options_for_the_jdk_and_keeps_those_of_the_operator(
            String version, String operator, String expected, @TempDir Path javaHome)
            throws IOException, InterruptedException {
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/bin/sh")), "no sh here");
        if (version != null) {
            Files.writeString(javaHome.resolve("release"), "IMPLEMENTOR=\"X\"\nJAVA_VERSION=\"" + version + "\"\n");
        }
        ProcessBuilder shell =
                new ProcessBuilder("/bin/sh", "-eu", "-c", ". tomcat-conf/bin/setenv.sh; printf %s \"$CATALINA_OPTS\"");
        shell.environment().remove("JRE_HOME");
        shell.environment().put("JAVA_HOME", javaHome.toString());
        shell.environment().put("CATALINA_OPTS", operator == null ? "" : operator);
        Process running = shell.redirectErrorStream(true).start();
        String said = new String(running.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(running.waitFor()).as(said).isZero();
        assertThat(said.strip()).isEqualTo(expected);
    }
}
