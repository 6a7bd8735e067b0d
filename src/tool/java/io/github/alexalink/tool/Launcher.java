package io.github.alexalink.tool;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLConnection;
import java.net.URLStreamHandler;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Collections;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipInputStream;

/**
 * The {@code main} of {@code java -jar alexa.war}: reads classes and jars of the WAR into memory and starts {@link Tool}
 * from there. So nothing is unpacked, where the disk may be full or another user may write, and the WAR may be replaced
 * while a command runs.
 *
 * <p>It lies alone at the root of the WAR, so it needs no other class; and it is compiled for Java 8, so that a Java which
 * is too old says so in words.
 */
public final class Launcher extends ClassLoader {

    private static final int NEEDED = 17;

    /** The tool's own jars and the web application's libraries, but those of pages and metrics, more than half of it all. */
    private static final Pattern JAR =
            Pattern.compile("WEB-INF/(tool|lib)/(?!(freemarker|micrometer|metrics|prometheus)-)[^/]+\\.jar");

    private final Map<String, byte[]> entries = new HashMap<>();
    private final URLStreamHandler handler = new Handler();
    private final byte[] some = new byte[64 * 1024];

    /** Above it is the JDK's loader only, so that no class is taken from the root of the WAR. */
    private Launcher(Path war) throws IOException {
        super(ClassLoader.getSystemClassLoader().getParent());
        try (ZipInputStream zip = new ZipInputStream(Files.newInputStream(war))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                String name = entry.getName();
                if (JAR.matcher(name).matches()) {
                    ZipInputStream jar = new ZipInputStream(zip); // not closed: that would close the WAR
                    for (ZipEntry of = jar.getNextEntry(); of != null; of = jar.getNextEntry()) {
                        entries.putIfAbsent(of.getName(), read(jar));
                    }
                } else if (name.startsWith("WEB-INF/classes/")) {
                    entries.putIfAbsent(name.substring("WEB-INF/classes/".length()), read(zip));
                }
            }
        }
    }

    public static void main(String[] arguments) {
        String tooOld = tooOld(System.getProperty("java.specification.version"), System.getProperty("java.home"));
        System.exit(tooOld == null ? run(arguments) : refuse(tooOld));
    }

    /** Why this Java cannot run the tool; null if it can. */
    static String tooOld(String version, String home) {
        String number = version.startsWith("1.") ? version.substring(2) : version;
        return Integer.parseInt(number) >= NEEDED
                ? null
                : "Alexa Link needs Java " + NEEDED + " or later, this is " + number + " (" + home + ")";
    }

    private static int run(String[] arguments) {
        String war = "alexa.war";
        try {
            Path path = Paths.get(Launcher.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            war = path.toString();
            Launcher loader = new Launcher(path);
            Package here = Launcher.class.getPackage();
            loader.definePackage(
                    here.getName(),
                    null,
                    null,
                    null,
                    here.getImplementationTitle(),
                    here.getImplementationVersion(),
                    null,
                    null);
            Thread.currentThread().setContextClassLoader(loader);
            loader.loadClass("io.github.alexalink.tool.Tool")
                    .getMethod("main", Path.class, String[].class)
                    .invoke(null, path, arguments);
            return 0;
        } catch (InvocationTargetException failed) {
            return refuse("Alexa Link failed: " + failed.getCause());
        } catch (ZipException | ClassNotFoundException incomplete) {
            return refuse(war + " is not complete (" + incomplete.getMessage() + "): copy it again");
        } catch (Exception | OutOfMemoryError failed) {
            return refuse(war + " cannot be read: " + failed);
        }
    }

    private static int refuse(String why) {
        System.err.println(why);
        return 1;
    }

    private byte[] read(InputStream entry) throws IOException {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (int read = entry.read(some); read >= 0; read = entry.read(some)) {
            content.write(some, 0, read);
        }
        return content.toByteArray();
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
        byte[] content = entries.get(name.replace('.', '/') + ".class");
        if (content == null) {
            throw new ClassNotFoundException(name);
        }
        return defineClass(name, content, 0, content.length);
    }

    @Override
    protected URL findResource(String name) {
        try {
            return entries.containsKey(name) ? new URL("war", "", -1, "/" + name, handler) : null;
        } catch (MalformedURLException impossible) {
            throw new IllegalArgumentException(name, impossible);
        }
    }

    @Override
    protected Enumeration<URL> findResources(String name) {
        URL found = findResource(name);
        return Collections.enumeration(found == null ? Collections.<URL>emptyList() : Collections.singletonList(found));
    }

    /** Opens what {@link #findResource} found. */
    final class Handler extends URLStreamHandler {
        @Override
        protected URLConnection openConnection(URL url) {
            byte[] content = entries.get(url.getPath().substring(1));
            return new URLConnection(url) {
                @Override
                public void connect() {
                    // it is in memory
                }

                @Override
                public InputStream getInputStream() {
                    return new ByteArrayInputStream(content);
                }
            };
        }
    }
}
