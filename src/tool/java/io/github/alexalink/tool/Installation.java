package io.github.alexalink.tool;

import io.github.alexalink.config.Settings;
import io.github.alexalink.protocol.Printable;
import java.io.IOException;
import java.net.URI;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.jar.JarFile;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * Alexa Link in a Tomcat: its files, and its settings as the WAR there finds them.
 *
 * @param baseName as Tomcat calls it: {@code alexa}, or {@code house#alexa} for /house/alexa
 */
record Installation(Catalina tomcat, String baseName) {

    private static final String OUR_CLASS = "WEB-INF/classes/io/github/alexalink/AlexaLink.class";

    /** The one that is in this Tomcat: /alexa, if it has several. */
    static Installation in(Catalina tomcat) throws Refusal, IOException {
        NavigableSet<String> found = all(tomcat);
        // of two versions side by side, alexa##1 and alexa##2, new requests go to the later one
        return new Installation(tomcat, found.contains("alexa") ? "alexa" : found.last());
    }

    /** The one in this Tomcat that answers under this path. */
    static Installation in(Catalina tomcat, String path) throws Refusal, IOException {
        NavigableSet<String> found = all(tomcat);
        return found.descendingSet().stream()
                .filter(name -> pathOf(name).equals(path))
                .findFirst()
                .map(name -> new Installation(tomcat, name))
                .orElseThrow(() -> new Refusal(
                        "no Alexa Link answers under [" + Printable.of(path) + "] in the Tomcat at " + tomcat.base(),
                        "--path takes one of these: " + String.join(", ", paths(found))));
    }

    /** The paths of the others in the same Tomcat. */
    List<String> others() throws Refusal, IOException {
        return paths(all(tomcat)).stream()
                .filter(path -> !path.equals(pathOf(baseName)))
                .toList();
    }

    private static List<String> paths(Set<String> baseNames) {
        return baseNames.stream().map(Installation::pathOf).distinct().sorted().toList();
    }

    private static String pathOf(String baseName) {
        String path = baseName.replaceFirst("##.*", "");
        return path.equals("ROOT") ? "/" : "/" + path.replace('#', '/');
    }

    private static NavigableSet<String> all(Catalina tomcat) throws Refusal, IOException {
        NavigableSet<String> found = new TreeSet<>();
        try (DirectoryStream<Path> apps = Files.newDirectoryStream(tomcat.webapps())) {
            for (Path app : apps) {
                String name = String.valueOf(app.getFileName());
                if (isOurs(app)) {
                    found.add(name.replaceFirst("\\.war$", ""));
                }
            }
        }
        if (found.isEmpty() && Files.exists(tomcat.descriptors().resolve("alexa.xml"))) {
            found.add("alexa");
        }
        if (found.isEmpty()) {
            throw new Refusal(
                    "there is no Alexa Link in the Tomcat at " + tomcat.base(),
                    "java -jar alexa.war setup puts it there; another Tomcat: --tomcat DIR");
        }
        return found;
    }

    /** The one whose address ends in the path of this issuer. */
    static Installation at(Catalina tomcat, URI issuer) {
        String path = issuer.getPath();
        return new Installation(
                tomcat, path.isEmpty() ? "ROOT" : path.substring(1).replace('/', '#'));
    }

    static boolean isOurs(Path warOrFolder) throws IOException {
        if (Files.isDirectory(warOrFolder)) {
            return Files.exists(warOrFolder.resolve(OUR_CLASS));
        }
        if (!String.valueOf(warOrFolder.getFileName()).endsWith(".war")) {
            return false;
        }
        try (JarFile war = new JarFile(warOrFolder.toFile())) {
            return war.getEntry(OUR_CLASS) != null;
        } catch (IOException notAWar) {
            return false;
        }
    }

    Path descriptor() {
        return tomcat.descriptors().resolve(baseName.replaceFirst("##.*", "") + ".xml");
    }

    Path war() {
        return tomcat.webapps().resolve(baseName + ".war");
    }

    /** When one of its files was last written: the one that runs must have started since. */
    Instant changed() throws IOException {
        Instant changed = Instant.MIN;
        for (Path file : List.of(war(), descriptor())) {
            if (Files.exists(file)) {
                Instant written = Files.getLastModifiedTime(file).toInstant();
                changed = written.isAfter(changed) ? written : changed;
            }
        }
        return changed;
    }

    /** Where it answers on this machine. */
    URI localAddress() {
        return URI.create("http://127.0.0.1:" + tomcat.port() + pathOf(baseName).replaceFirst("^/$", ""));
    }

    /** Each setting by its name; null if it is not set. */
    UnaryOperator<String> settings() throws Refusal, IOException {
        Map<String, String> parameters = parameters();
        Map<String, String> environment = tomcat.environment();
        return Settings.of(parameters::get, name -> tomcat.systemProperty(name).orElse(null), environment::get);
    }

    /** What the descriptor sets. */
    Map<String, String> parameters() throws Refusal, IOException {
        Map<String, String> parameters = new TreeMap<>();
        if (Files.exists(descriptor())) {
            Document document = Catalina.parse(descriptor());
            NodeList elements = document.getElementsByTagName("Parameter");
            for (int i = 0; i < elements.getLength(); i++) {
                Element parameter = (Element) elements.item(i);
                parameters.put(
                        parameter.getAttribute("name"),
                        Catalina.resolved(parameter.getAttribute("value"), tomcat.properties()));
            }
        }
        return parameters;
    }
}
