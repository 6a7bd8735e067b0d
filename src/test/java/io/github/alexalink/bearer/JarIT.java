package io.github.alexalink.bearer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("alexa-bearer.jar, for Tomcat's lib/")
class JarIT {

    private static final String ROOM = "io/github/alexalink/bearer/";

    @Test
    void the_jar_has_the_classes_of_src_bearer_and_no_test() throws IOException {
        try (Stream<Path> sources = Files.list(Path.of("src/bearer/java", ROOM));
                JarFile jar = new JarFile("target/alexa-bearer.jar")) {
            Set<String> written = sources.map(source -> source.getFileName().toString())
                    .filter(source -> !source.equals("package-info.java"))
                    .map(source -> ROOM + source.replace(".java", ""))
                    .collect(Collectors.toCollection(TreeSet::new));
            Set<String> packed = jar.stream()
                    .filter(entry -> !entry.isDirectory())
                    .map(entry -> entry.getName().replaceFirst("(\\$.*)?\\.class$", ""))
                    .filter(name -> !name.startsWith("META-INF/") && !name.endsWith("/package-info"))
                    .collect(Collectors.toCollection(TreeSet::new));
            assertThat(packed).isEqualTo(written).hasSizeGreaterThan(5);
        }
    }
}
