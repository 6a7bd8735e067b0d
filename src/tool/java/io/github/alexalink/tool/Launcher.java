package io.github.alexalink.tool;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;

/**
 * The {@code main} of {@code java -jar alexa.war}: unpacks what the tool needs of the WAR into a folder of its own, which
 * is gone afterwards, and starts {@link Tool} from there. It depends on no other class, for it lies alone at the root of
 * the WAR.
 */
public final class Launcher {

    private Launcher() {}

    public static void main(String[] arguments) throws Exception {
        Path war = Path.of(Launcher.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        Path folder = Files.createTempDirectory("alexa-link-tool-");
        Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(folder)));
        // above its loader is the JDK's only, so that a class is never taken from the root of the WAR
        try (URLClassLoader loader = new URLClassLoader(unpack(war, folder), ClassLoader.getPlatformClassLoader())) {
            Thread.currentThread().setContextClassLoader(loader);
            loader.loadClass("io.github.alexalink.tool.Tool")
                    .getMethod("main", Path.class, String[].class)
                    .invoke(null, war, arguments);
        } catch (InvocationTargetException failed) {
            throw failed.getCause() instanceof Exception cause ? cause : failed;
        }
    }

    private static URL[] unpack(Path war, Path folder) throws IOException {
        List<URL> classPath = new ArrayList<>();
        Path classes = folder.resolve("WEB-INF/classes");
        classPath.add(url(Files.createDirectories(classes)));
        try (JarFile jar = new JarFile(war.toFile())) {
            for (JarEntry entry : jar.stream().toList()) {
                String name = entry.getName();
                boolean library = name.matches("WEB-INF/(lib|tool)/[^/]+\\.jar");
                if (entry.isDirectory() || (!library && !name.startsWith("WEB-INF/classes/"))) {
                    continue;
                }
                Path file = folder.resolve(name).normalize();
                if (!file.startsWith(folder)) {
                    throw new IOException("the WAR has an entry that leads out of it: " + name);
                }
                Files.createDirectories(file.getParent());
                try (InputStream content = jar.getInputStream(entry)) {
                    Files.copy(content, file);
                }
                if (library) {
                    classPath.add(url(file));
                }
            }
        }
        return classPath.toArray(URL[]::new);
    }

    private static URL url(Path path) {
        try {
            return path.toUri().toURL();
        } catch (MalformedURLException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    static void delete(Path folder) {
        try {
            Files.walkFileTree(folder, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes none) throws IOException {
                    Files.delete(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path directory, IOException none) throws IOException {
                    Files.delete(directory);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException left) {
            // Windows keeps open jars; the next tidying of the temporary folder takes them
        }
    }
}
