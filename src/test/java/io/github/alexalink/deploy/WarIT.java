package io.github.alexalink.deploy;

import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarInputStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("alexa.war, as it is packed")
class WarIT {

    private static final Path WAR = Path.of("target/alexa.war");

    @Test
    void the_war_has_at_most_12_megabytes() throws IOException {
        assertThat(Files.size(WAR)).isLessThanOrEqualTo(12_000_000);
    }

    /** Tomcat takes classes from WEB-INF/classes and from the jars of WEB-INF/lib, and from no other place of a WAR. */
    @Test
    void the_web_application_has_neither_the_tool_nor_picocli_among_its_classes() throws IOException {
        Set<String> packages = new TreeSet<>();
        Set<String> tools = new TreeSet<>();
        try (JarFile war = new JarFile(WAR.toFile())) {
            for (JarEntry entry : (Iterable<JarEntry>) war.stream()::iterator) {
                String name = entry.getName();
                if (name.startsWith("WEB-INF/classes/")) {
                    packages.add(packageOf(name.substring("WEB-INF/classes/".length())));
                } else if (name.matches("WEB-INF/(lib|tool)/.*\\.jar")) {
                    Set<String> into = name.startsWith("WEB-INF/lib/") ? packages : tools;
                    try (JarInputStream jar = new JarInputStream(new BufferedInputStream(war.getInputStream(entry)))) {
                        for (JarEntry of = jar.getNextJarEntry(); of != null; of = jar.getNextJarEntry()) {
                            into.add(packageOf(of.getName()));
                        }
                    }
                }
            }
        }
        assertThat(tools).contains("io/github/alexalink/tool", "picocli");
        assertThat(packages).contains("io/github/alexalink/store", "org/postgresql");
        assertThat(packages).noneMatch(each -> each.matches("(META-INF/.*/)?(io/github/alexalink/tool|picocli)(/.*)?"));
    }

    /** README.md says: unzip, change into the folder, {@code java -jar alexa.war setup}. */
    @Test
    void the_zip_has_one_folder_with_war_jar_and_read_me_in_it() throws IOException {
        Path zip;
        try (Stream<Path> files = Files.list(WAR.getParent())) {
            zip = files.filter(file -> file.getFileName().toString().matches("alexa-link-.*\\.zip"))
                    .findAny()
                    .orElseThrow();
        }
        String folder = zip.getFileName().toString().replaceFirst("\\.zip$", "/");
        try (ZipFile packed = new ZipFile(zip.toFile())) {
            Set<String> files = packed.stream()
                    .map(ZipEntry::getName)
                    .filter(name -> !name.endsWith("/"))
                    .collect(toCollection(TreeSet::new));
            assertThat(files)
                    .allMatch(name -> name.startsWith(folder))
                    .contains(folder + "alexa.war", folder + "alexa-bearer.jar", folder + "README.md")
                    .contains(folder + "webapp/META-INF/context.xml", folder + "sql/install.sql")
                    .contains(folder + "tomcat-conf/server.xml", folder + "docs/operator.md");
        }
    }

    private static String packageOf(String entry) {
        return entry.contains("/") ? entry.substring(0, entry.lastIndexOf('/')) : "";
    }
}
