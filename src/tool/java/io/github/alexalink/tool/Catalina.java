package io.github.alexalink.tool;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilder;
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
 * @param version for example 10.1.34
 * @param java the version of its Java, for example 17; empty if it cannot be seen
 * @param user whom it runs as
 * @param group that user's group
 * @param descriptors the folder of context descriptors, as a rule conf/Catalina/localhost
 * @param webapps the folder that WARs are dropped into
 * @param autoDeploy whether it takes up what is dropped into those two while it runs
 * @param port of its first plain HTTP connector
 * @param properties conf/catalina.properties
 * @param running its process, if it is seen
 */
record Catalina(
        Path base,
        String version,
        Optional<Integer> java,
        String user,
        String group,
        Path descriptors,
        Path webapps,
        boolean autoDeploy,
        int port,
        Properties properties,
        Optional<ProcessHandle> running) {

    /** Where Debian, the images and most people put one. */
    private static final List<Path> PLACES = Stream.of(
                    "/var/lib/tomcat11", "/var/lib/tomcat10", "/opt/tomcat", "/usr/local/tomcat", "/srv/tomcat")
            .map(Path::of)
            .toList();

    private static final Pattern BASE = Pattern.compile("-Dcatalina\\.base=(.+)");
    private static final Pattern HOME = Pattern.compile("-Dcatalina\\.home=(.+)");
    private static final Pattern PLACEHOLDER = Pattern.compile("\\$\\{([^}]+?)(?::-([^}]*))?}");
    private static final Pattern SYSTEM_PROPERTY = Pattern.compile("-D([^=]+)=(.*)", Pattern.DOTALL);
    private static final Pattern RELEASE = Pattern.compile("(?m)^JAVA_VERSION=\"(?:1\\.)?(\\d+)");
    private static final Pattern JAVA_HOME =
            Pattern.compile("(?m)^\\s*(?:export\\s+)?(?:JAVA_HOME|JRE_HOME)=[\"']?([^\"'\\s;$]+)");

    /** The Tomcat at a folder, or the only one there is. */
    static Catalina find(Optional<Path> given) throws Refusal, IOException {
        if (given.isPresent()) {
            return at(given.get().toAbsolutePath().normalize());
        }
        for (String variable : List.of("CATALINA_BASE", "CATALINA_HOME")) {
            if (System.getenv(variable) != null) {
                return at(Path.of(System.getenv(variable)).toAbsolutePath().normalize());
            }
        }
        Set<Path> found = new LinkedHashSet<>();
        Stream<Path> running = ProcessHandle.allProcesses()
                .map(process -> argument(process, BASE))
                .flatMap(Optional::stream)
                .map(Path::of);
        for (Path place : Stream.concat(running, PLACES.stream()).toList()) {
            if (isBase(place) && found.stream().noneMatch(other -> same(other, place))) {
                found.add(place);
            }
        }
        if (found.isEmpty()) {
            for (Path place : PLACES) {
                mayLookInto(place);
            }
            throw new Refusal(
                    "no Tomcat was found: none runs, and none is in " + String.join(", ", strings(PLACES)),
                    "say where it is: --tomcat DIR, the folder that has conf and webapps (CATALINA_BASE)."
                            + " On Debian and Ubuntu: apt install tomcat10");
        }
        if (found.size() > 1) {
            throw new Refusal(
                    "there are " + found.size() + " Tomcats: " + String.join(", ", strings(found)),
                    "say which one: --tomcat " + found.iterator().next());
        }
        return at(found.iterator().next());
    }

    private static List<String> strings(Iterable<Path> paths) {
        List<String> strings = new ArrayList<>();
        paths.forEach(path -> strings.add(path.toString()));
        return strings;
    }

    private static boolean isBase(Path folder) {
        return Files.exists(folder.resolve("conf/server.xml"));
    }

    /** Refuses if a folder on the way to the settings hides from this user what is in it. */
    private static void mayLookInto(Path base) throws Refusal {
        for (Path folder = base.resolve("conf"); folder != null; folder = folder.getParent()) {
            if (Files.isDirectory(folder) && !Files.isExecutable(folder)) {
                throw new Refusal(
                        Myself.name() + " may not look into " + folder, "run it as root: sudo java -jar alexa.war …");
            }
        }
    }

    private static Catalina at(Path base) throws Refusal, IOException {
        if (!isBase(base)) {
            mayLookInto(base);
            throw new Refusal(
                    base + " is no CATALINA_BASE: there is no " + base.resolve("conf/server.xml"),
                    "--tomcat names the folder that has conf and webapps; on Debian and Ubuntu /var/lib/tomcat10");
        }
        Optional<ProcessHandle> running = ProcessHandle.allProcesses()
                .filter(process -> argument(process, BASE)
                        .filter(path -> same(Path.of(path), base))
                        .isPresent())
                .findFirst();
        Path home = home(base, running);
        Document server = parse(base.resolve("conf/server.xml"));
        Element host = hostOf(server);
        Properties properties = properties(base, running);
        Path webapps = base.resolve(attribute(host, "appBase", "webapps", properties));
        if (!Files.isDirectory(webapps)) {
            throw new Refusal(
                    "the Tomcat at " + base + " has no folder " + webapps,
                    "that is the appBase of its conf/server.xml: make it, with Tomcat's user as its owner");
        }
        PosixFileAttributes owner = Files.readAttributes(webapps, PosixFileAttributes.class);
        String user = running.flatMap(process -> process.info().user())
                .orElse(owner.owner().getName());
        Element engine = (Element) host.getParentNode();
        return new Catalina(
                base,
                version(home),
                javaOf(base, home, running),
                user,
                Myself.groupOf(user).orElse(owner.group().getName()),
                base.resolve("conf")
                        .toRealPath() // Debian's is a link
                        .resolve(attribute(engine, "name", "Catalina", properties))
                        .resolve(attribute(host, "name", "localhost", properties)),
                webapps,
                !attribute(host, "autoDeploy", "true", properties).equals("false"),
                port(server, properties),
                properties,
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
        candidates.add(Path.of("/usr/share", String.valueOf(base.getFileName()))); // Debian's
        return candidates.stream()
                .filter(folder -> Files.isRegularFile(folder.resolve("lib/catalina.jar")))
                .findFirst()
                .orElseThrow(() -> new Refusal(
                        "the programs of the Tomcat at " + base + " were not found: no lib/catalina.jar in "
                                + String.join(", ", strings(candidates)),
                        "CATALINA_HOME=DIR java -jar alexa.war …, with the folder that has lib/catalina.jar"));
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

    /** Of the running process, or of what it will be started with. */
    private static Optional<Integer> javaOf(Path base, Path home, Optional<ProcessHandle> running) throws IOException {
        List<Path> homes = new ArrayList<>();
        Optional<String> command = running.flatMap(process -> process.info().command());
        if (command.isPresent()) {
            try {
                homes.add(Path.of(command.get()).toRealPath().getParent().getParent());
            } catch (NoSuchFileException hidden) {
                return Optional.empty(); // it sees other files than the tool, as in a container
            }
        } else {
            for (Path file : List.of(
                    base.resolve("bin/setenv.sh"),
                    home.resolve("bin/setenv.sh"),
                    Path.of("/etc/default", String.valueOf(base.getFileName())))) {
                if (Files.isReadable(file)) {
                    JAVA_HOME
                            .matcher(Files.readString(file))
                            .results()
                            .forEach(line -> homes.add(Path.of(line.group(1))));
                }
            }
        }
        for (Path java : homes) {
            Path release = java.resolve("release");
            Matcher version = RELEASE.matcher(Files.isReadable(release) ? Files.readString(release) : "");
            if (version.find()) {
                return Optional.of(Integer.valueOf(version.group(1)));
            }
        }
        return Optional.empty();
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
        throw new Refusal(
                "conf/server.xml has no Host of the name [" + name + "]", "that is the defaultHost of its Engine");
    }

    private static int port(Document server, Properties properties) throws Refusal {
        NodeList connectors = server.getElementsByTagName("Connector");
        for (int i = 0; i < connectors.getLength(); i++) {
            Element connector = (Element) connectors.item(i);
            boolean http = !attribute(connector, "protocol", "HTTP/1.1", properties)
                    .toUpperCase(Locale.ROOT)
                    .contains("AJP");
            boolean plain =
                    !attribute(connector, "SSLEnabled", "false", properties).equals("true");
            String port = attribute(connector, "port", "", properties);
            if (http && plain && port.matches("\\d{1,5}")) {
                return Integer.parseInt(port);
            }
        }
        throw new Refusal(
                "conf/server.xml has no plain HTTP connector",
                "the proxy needs one: Tomcat comes with one at port 8080");
    }

    private static String attribute(Element element, String name, String otherwise, Properties properties) {
        return resolved(element.hasAttribute(name) ? element.getAttribute(name) : otherwise, properties);
    }

    /** The system properties of the running process, and over them the file, as Tomcat does it. */
    private static Properties properties(Path base, Optional<ProcessHandle> running) throws IOException {
        Properties properties = new Properties();
        running.flatMap(process -> process.info().arguments()).stream()
                .flatMap(Arrays::stream)
                .map(SYSTEM_PROPERTY::matcher)
                .filter(Matcher::matches)
                .forEach(property -> properties.setProperty(property.group(1), property.group(2)));
        Path file = base.resolve("conf/catalina.properties");
        if (Files.isReadable(file)) {
            try (InputStream content = Files.newInputStream(file)) {
                properties.load(content);
            }
        }
        return properties;
    }

    /** As Tomcat does: a name in braces stands for the property, and what follows {@code :-} if it is not set. */
    static String resolved(String value, Properties properties) {
        return PLACEHOLDER
                .matcher(value)
                .replaceAll(name -> Matcher.quoteReplacement(
                        properties.getProperty(name.group(1), name.group(2) == null ? name.group() : name.group(2))));
    }

    /** An XML file of Tomcat's. */
    static Document parse(Path file) throws IOException, Refusal {
        try (InputStream content = Files.newInputStream(file)) {
            DocumentBuilder parser = DocumentBuilderFactory.newInstance().newDocumentBuilder();
            parser.setErrorHandler(null); // it prints
            return parser.parse(content);
        } catch (AccessDeniedException denied) {
            throw new Refusal(Myself.name() + " may not read " + file, "run this as root: sudo java -jar alexa.war …");
        } catch (SAXException | ParserConfigurationException broken) {
            throw new Refusal(file + " is no XML: " + broken.getMessage(), "Tomcat cannot read it either: mend it");
        }
    }

    /**
     * What the WAR would read there as a system property: a line of catalina.properties, or a -D of the running process.
     */
    Optional<String> systemProperty(String name) {
        String line = properties.getProperty(name);
        return line != null
                ? Optional.of(line)
                : running.flatMap(process ->
                        argument(process, Pattern.compile("-D" + Pattern.quote(name) + "=(.*)", Pattern.DOTALL)));
    }

    /** The environment of the running process, or else of whoever runs the tool. */
    Map<String, String> environment() throws IOException {
        Path file = running.map(process -> Path.of("/proc", String.valueOf(process.pid()), "environ"))
                .orElse(null);
        if (file == null || !Files.isReadable(file)) {
            return System.getenv();
        }
        Map<String, String> environment = new TreeMap<>();
        try {
            for (String variable : Files.readString(file, Myself.CHARSET).split("\0", -1)) {
                int equals = variable.indexOf('=');
                if (equals > 0) {
                    environment.put(variable.substring(0, equals), variable.substring(equals + 1));
                }
            }
        } catch (AccessDeniedException | NoSuchFileException hidden) {
            return System.getenv();
        }
        return environment;
    }
}
