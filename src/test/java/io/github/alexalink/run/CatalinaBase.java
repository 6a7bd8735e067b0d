package io.github.alexalink.run;

import java.io.IOException;
import java.io.Writer;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;

/**
 * A {@code CATALINA_BASE}: the distribution's {@code conf}, our {@code tomcat-conf} over it, and the settings at the end
 * of {@code catalina.properties}, where no list of processes shows them. Every web application of the Tomcat can ask for
 * them: a password is better in a file of its own.
 */
public final class CatalinaBase {

    /** All that a music server needs in its context descriptor. */
    public static final String WITH_BEARER = """
            <Context>
              <Valve className="io.github.alexalink.bearer.BearerAuthenticator"/>
            </Context>
            """;

    private CatalinaBase() {}

    /** Makes one, or brings an old one up to date; what is in {@code webapps} and {@code logs} stays. */
    public static void prepare(Path base, Path tomcatHome, Path tomcatConf, Map<String, String> settings)
            throws IOException {
        for (String folder : new String[] {"conf", "lib", "logs", "temp", "webapps", "work"}) {
            Files.createDirectories(base.resolve(folder));
        }
        copyFiles(tomcatHome.resolve("conf"), base.resolve("conf"));
        copyFiles(tomcatConf, base.resolve("conf"));
        Path host = Path.of("Catalina", "localhost");
        copyFiles(
                tomcatConf.resolve(host),
                Files.createDirectories(base.resolve("conf").resolve(host)));
        Properties properties = new Properties();
        properties.putAll(settings);
        try (Writer file =
                Files.newBufferedWriter(base.resolve("conf/catalina.properties"), StandardOpenOption.APPEND)) {
            properties.store(file, "Alexa Link");
        }
    }

    /** Puts a WAR into {@code webapps}, in the place of an older one. */
    public static void deploy(Path base, Path war, String contextName) throws IOException {
        Path webapps = base.resolve("webapps");
        delete(webapps.resolve(contextName));
        Files.copy(war, webapps.resolve(contextName + ".war"), StandardCopyOption.REPLACE_EXISTING);
    }

    /** The Valve for the neighbour, where {@code common.loader} finds it. */
    public static void addBearer(Path base, Path jar) throws IOException {
        Files.copy(jar, base.resolve("lib").resolve("alexa-bearer.jar"), StandardCopyOption.REPLACE_EXISTING);
    }

    /** Writes the context descriptor of a web application. */
    public static void describe(Path base, String contextName, String descriptor) throws IOException {
        Path contexts = Files.createDirectories(base.resolve("conf/Catalina/localhost"));
        Files.writeString(contexts.resolve(contextName + ".xml"), descriptor);
    }

    private static void copyFiles(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                Files.copy(file, to.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    /** Deletes a folder and what is in it, if it is there; a server that is just stopping may delete some of it itself. */
    public static void delete(Path folder) throws IOException {
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path path, IOException failed) throws IOException {
                if (failed instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE;
                }
                throw failed;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path empty, IOException failed) throws IOException {
                if (failed != null) {
                    throw failed;
                }
                Files.deleteIfExists(empty);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
