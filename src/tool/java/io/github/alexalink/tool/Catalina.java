package io.github.alexalink.tool;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/**
 * A Tomcat on this machine.
 *
 * @param base CATALINA_BASE: conf, webapps, logs
 * @param home CATALINA_HOME: bin, lib
 * @param version for example 10.1.34
 * @param user whom Tomcat runs as: the owner of the folder it writes
 * @param group that user's group, or that folder's
 * @param descriptors the folder of context descriptors: conf/Catalina/localhost
 * @param webapps the folder that WARs are dropped into
 * @param port of its first HTTP connector
 * @param running its process, if it is seen
 */
record Catalina(
        Path base,
        Path home,
        String version,
        String user,
        String group,
        Path descriptors,
        Path webapps,
        int port,
        Optional<ProcessHandle> running) {

    /** Where Debian, the images and most people put one. */
    private static final List<String> PLACES =
            List.of("/var/lib/tomcat11", "/var/lib/tomcat10", "/opt/tomcat", "/usr/local/tomcat", "/srv/tomcat");

    private static final Pattern BASE = Pattern.compile("-Dcatalina\\.base=(.+)");
    private static final Pattern HOME = Pattern.compile("-Dcatalina\\.home=(.+)");
    private static final Pattern PLACEHOLDER = Pattern.compile("\\$\\{([^}]+)}");

    /** The Tomcat at a folder, or the only one there is. */
    static Catalina find(Optional<Path> given) throws Refusal, IOException {
        if (given.isPresent()) {
            return at(given.get().toAbsolutePath().normalize());
        }
        Set<Path> found = new LinkedHashSet<>();
        String base = System.getenv("CATALINA_BASE") == null
                ? System.getenv("CATALINA_HOME")
                : System.getenv("CATALINA_BASE");
        if (base != null) {
            return at(Path.of(base).toAbsolutePath().normalize());
        }
        ProcessHandle.allProcesses()
                .forEach(process -> argument(process, BASE).ifPresent(path -> found.add(Path.of(path))));
        PLACES.stream().map(Path::of).filter(Catalina::isBase).forEach(found::add);
        if (found.isEmpty()) {
            throw new Refusal(
                    "no Tomcat was found: neither a running one, nor CATALINA_BASE, nor one at "
                            + String.join(", ", PLACES),
                    "say where it is: --tomcat DIR (the folder that has conf and webapps)");
        }
        if (found.size() > 1) {
            throw new Refusal(
                    "there are " + found.size() + " Tomcats: "
                            + String.join(
                                    ", ", found.stream().map(Path::toString).toList()),
                    "say which: --tomcat " + found.iterator().next());
        }
        return at(found.iterator().next());
    }

    private static boolean isBase(Path folder) {
        return Files.isRegularFile(folder.resolve("conf/server.xml"));
    }

    private static Catalina at(Path base) throws Refusal, IOException {
        if (!isBase(base)) {
            throw new Refusal(
                    base + " is no CATALINA_BASE: it has no conf/server.xml that " + System.getProperty("user.name")
                            + " can read",
                    "--tomcat names the folder that has conf and webapps; on Debian /var/lib/tomcat10");
        }
        Optional<ProcessHandle> running = ProcessHandle.allProcesses()
                .filter(process -> argument(process, BASE)
                        .map(Path::of)
                        .filter(path -> same(path, base))
                        .isPresent())
                .findFirst();
        Path home = home(base, running);
        Document server = parse(base.resolve("conf/server.xml"));
        Element host = hostOf(server);
        Properties properties = properties(base);
        Path webapps = base.resolve(resolved(attribute(host, "appBase", "webapps"), properties));
        String engine = resolved(attribute((Element) host.getParentNode(), "name", "Catalina"), properties);
        PosixFileAttributes owner = Files.readAttributes(webapps, PosixFileAttributes.class);
        String user = running.flatMap(process -> process.info().user())
                .orElse(owner.owner().getName());
        return new Catalina(
                base,
                home,
                version(home),
                user,
                owner.group().getName(),
                base.resolve("conf")
                        .resolve(engine)
                        .resolve(resolved(attribute(host, "name", "localhost"), properties)),
                webapps,
                port(server, properties),
                running);
    }

    private static boolean same(Path one, Path other) {
        try {
            return Files.isSameFile(one, other);
        } catch (IOException gone) {
            return false;
        }
    }

    private static Optional<String> argument(ProcessHandle process, Pattern name) {
        return process.info().arguments().stream()
                .flatMap(Arrays::stream)
                .map(name::matcher)
                .filter(Matcher::matches)
                .map(argument -> argument.group(1))
                .findFirst();
    }

    private static Path home(Path base, Optional<ProcessHandle> running) throws Refusal {
        List<Path> candidates = new ArrayList<>();
        running.flatMap(process -> argument(process, HOME)).map(Path::of).ifPresent(candidates::add);
        candidates.add(base);
        Optional.ofNullable(System.getenv("CATALINA_HOME")).map(Path::of).ifPresent(candidates::add);
        candidates.add(Path.of("/usr/share", base.getFileName().toString())); // Debian's
        return candidates.stream()
                .filter(folder -> Files.isRegularFile(folder.resolve("lib/catalina.jar")))
                .findFirst()
                .orElseThrow(() -> new Refusal(
                        "the Tomcat of " + base + " was not found: no lib/catalina.jar in any of " + candidates,
                        "CATALINA_HOME=/where/tomcat/is java -jar alexa.war …"));
    }

    private static String version(Path home) throws IOException, Refusal {
        Properties info = new Properties();
        try (JarFile jar = new JarFile(home.resolve("lib/catalina.jar").toFile());
                InputStream file = jar.getInputStream(jar.getEntry("org/apache/catalina/util/ServerInfo.properties"))) {
            info.load(file);
        }
        Matcher version = Pattern.compile("(\\d+\\.\\d+\\.\\d+).*").matcher(info.getProperty("server.number", ""));
        if (!version.matches()) {
            throw new Refusal("the version of the Tomcat at " + home + " cannot be read", "it must be 10.1 or 11");
        }
        return version.group(1);
    }

    private static Element hostOf(Document server) throws Refusal {
        Element engine = (Element) server.getElementsByTagName("Engine").item(0);
        NodeList hosts = server.getElementsByTagName("Host");
        String name = engine == null ? "" : engine.getAttribute("defaultHost");
        for (int i = 0; i < hosts.getLength(); i++) {
            Element host = (Element) hosts.item(i);
            if (hosts.getLength() == 1 || host.getAttribute("name").equals(name)) {
                return host;
            }
        }
        throw new Refusal("conf/server.xml has no Host of the name " + name, "that is the Engine's defaultHost");
    }

    private static int port(Document server, Properties properties) throws Refusal {
        NodeList connectors = server.getElementsByTagName("Connector");
        for (int i = 0; i < connectors.getLength(); i++) {
            Element connector = (Element) connectors.item(i);
            boolean http = !attribute(connector, "protocol", "HTTP/1.1")
                    .toUpperCase(java.util.Locale.ROOT)
                    .contains("AJP");
            String port = resolved(attribute(connector, "port", ""), properties);
            if (http && !connector.getAttribute("SSLEnabled").equals("true") && port.matches("\\d{1,5}")) {
                return Integer.parseInt(port);
            }
        }
        throw new Refusal(
                "conf/server.xml has no plain HTTP connector", "a proxy needs one: port 8080 is Tomcat's own");
    }

    private static String attribute(Element element, String name, String otherwise) {
        return element.hasAttribute(name) ? element.getAttribute(name) : otherwise;
    }

    private static Properties properties(Path base) throws IOException {
        Properties properties = new Properties();
        Path file = base.resolve("conf/catalina.properties");
        if (Files.isReadable(file)) {
            try (InputStream content = Files.newInputStream(file)) {
                properties.load(content);
            }
        }
        return properties;
    }

    private static String resolved(String value, Properties properties) {
        return PLACEHOLDER
                .matcher(value)
                .replaceAll(name -> Matcher.quoteReplacement(properties.getProperty(name.group(1), name.group())));
    }

    private static Document parse(Path file) throws IOException, Refusal {
        try (InputStream content = Files.newInputStream(file)) {
            return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(content);
        } catch (SAXException | ParserConfigurationException broken) {
            throw new Refusal(file + " is no XML: " + broken.getMessage(), "Tomcat cannot read it either");
        }
    }

    /** Folders that are looked at, for a message. */
    static Stream<String> places() {
        return PLACES.stream();
    }
}
