package io.github.alexalink.tool;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/** What setup does in Tomcat: the WAR and its context descriptor. */
final class TomcatSide {

    private static final String NEEDED = "Alexa Link needs Tomcat 10.1.9 or later, or 11";
    private static final int OLDEST_JAVA = 17;
    private static final Pattern PATH = Pattern.compile("(/[A-Za-z0-9._~-]+)*");

    /** How long Tomcat may take to notice the WAR and to start it. */
    private static final int MOST_SECONDS = 90;

    private final Catalina tomcat;
    private final Path newWar;

    TomcatSide(Catalina tomcat, Path newWar) throws Refusal, IOException {
        this.tomcat = tomcat;
        this.newWar = newWar;
        int[] version = Pattern.compile("\\.")
                .splitAsStream(tomcat.version())
                .mapToInt(Integer::parseInt)
                .toArray();
        if (version[0] < 10 || (version[0] == 10 && (version[1] < 1 || (version[1] == 1 && version[2] < 9)))) {
            throw new Refusal(
                    "the Tomcat at " + tomcat.base() + " is " + tomcat.version(),
                    NEEDED + ": on Debian and Ubuntu, apt install tomcat10. Another one: --tomcat DIR");
        }
        if (tomcat.java().isPresent() && tomcat.java().get() < OLDEST_JAVA) {
            throw new Refusal(
                    "the Tomcat at " + tomcat.base() + " runs on Java "
                            + tomcat.java().get(),
                    "Alexa Link needs Java " + OLDEST_JAVA + " or later: JAVA_HOME in " + tomcat.base()
                            + "/bin/setenv.sh, on Debian and Ubuntu in /etc/default/"
                            + tomcat.base().getFileName());
        }
        for (Path folder : List.of(tomcat.base().resolve("conf"), nearest(tomcat.descriptors()), tomcat.webapps())) {
            if (!Files.isWritable(folder)) {
                throw new Refusal(
                        Myself.name() + " may not write to " + folder,
                        Myself.isRoot()
                                ? "that file system is read-only, or this container may not"
                                : "run this as root: sudo java -jar alexa.war setup");
            }
        }
        if (!Myself.isRoot() && !Myself.name().equals(tomcat.user())) {
            throw new Refusal(
                    "Tomcat runs as " + tomcat.user() + ", who could not read what " + Myself.name() + " writes",
                    "run this as root: sudo java -jar alexa.war setup");
        }
        String there = existing(tomcat).baseName();
        if (there.contains("##")) {
            throw new Refusal(
                    "this Tomcat has versions side by side, of which the last is " + there,
                    "copy the new one beside them under the next number, and delete the old one later");
        }
    }

    Catalina tomcat() {
        return tomcat;
    }

    private static Path nearest(Path folder) {
        Path there = folder;
        while (!Files.exists(there)) {
            there = there.getParent();
        }
        return there;
    }

    /** One line about it. */
    @Override
    public String toString() {
        return "Tomcat " + tomcat.version() + " in " + tomcat.base()
                + tomcat.java().map(java -> ", Java " + java).orElse("") + ", port " + tomcat.port() + ", as "
                + tomcat.user() + (tomcat.running().isPresent() ? "" : " (not running)");
    }

    /** The settings that the WAR would find here now. */
    static UnaryOperator<String> settingsAt(Catalina tomcat, Optional<URI> issuer) throws Refusal, IOException {
        return issuer.isPresent()
                ? Installation.at(tomcat, issuer.get()).settings()
                : existing(tomcat).settings();
    }

    /** What is there already, or alexa. */
    static Installation existing(Catalina tomcat) throws IOException {
        try {
            return Installation.in(tomcat);
        } catch (Refusal none) {
            return new Installation(tomcat, "alexa");
        }
    }

    /** The one that will be there. */
    Installation at(URI issuer) throws Refusal, IOException {
        if (!PATH.matcher(issuer.getRawPath()).matches()) {
            throw new Refusal(
                    "alexa.issuer is [" + issuer + "]: its path must have plain letters, digits and . _ ~ - only",
                    "for example https://" + issuer.getHost() + "/alexa");
        }
        Installation installation = Installation.at(tomcat, issuer);
        Installation there = existing(tomcat);
        if (!there.baseName().equals(installation.baseName()) && Files.exists(there.war())) {
            throw new Refusal(
                    "Alexa Link is at " + there.localAddress().getPath() + " in this Tomcat already",
                    "keep the path: --issuer " + issuer.getScheme() + "://" + issuer.getAuthority()
                            + there.localAddress().getPath() + "; or delete " + there.war() + " first");
        }
        Path folder = tomcat.webapps().resolve(installation.baseName());
        boolean unpacks = Files.exists(installation.war()); // then the folder is the WAR's, perhaps half unpacked
        Path taken = unpacks ? installation.war() : folder;
        if (Files.exists(taken) && !Installation.isOurs(taken)) {
            throw new Refusal(
                    taken + " is another web application's, and alexa.issuer leads there",
                    "take another path: --issuer " + issuer.getScheme() + "://" + issuer.getAuthority() + "/alexa");
        }
        return installation;
    }

    List<Step> steps(Wanted wanted, Map<String, String> databaseSettings) throws Refusal, IOException {
        List<Step> steps = new ArrayList<>();
        Installation installation;
        if (wanted.issuer().isPresent()) {
            installation = at(URI.create(wanted.issuer().get()));
        } else {
            installation = existing(tomcat);
            steps.add(Step.ask(Step.Part.ISSUER, "alexa.issuer", "the address as Alexa sees it"));
        }
        steps.add(war(installation));
        steps.add(descriptor(installation, wanted, databaseSettings));
        return steps;
    }

    private Step war(Installation installation) throws IOException {
        Path war = installation.war();
        String what = "the WAR";
        boolean there = Files.exists(war);
        if (there && Files.mismatch(war, newWar) < 0) {
            return Step.there(Step.Part.WAR, what, war.toString());
        }
        Place place = new Place(war, "rw-r--r--", tomcat.group());
        return new Step(
                Step.Part.WAR,
                what,
                there ? Step.State.CHANGE : Step.State.MAKE,
                war.toString() + (there ? ", for this version" : ""),
                newWar + " is copied to " + war,
                () -> {
                    try (InputStream content = Files.newInputStream(newWar)) {
                        place.write(content);
                    }
                    return "copied";
                });
    }

    private Step descriptor(Installation installation, Wanted wanted, Map<String, String> databaseSettings)
            throws Refusal, IOException {
        String what = "settings";
        Path file = installation.descriptor();
        UnaryOperator<String> now = installation.settings();
        Map<String, String> needed = new TreeMap<>();
        wanted.issuer().ifPresent(issuer -> needed.put("alexa.issuer", issuer));
        wanted.name().ifPresent(name -> needed.put("alexa.name", name));
        needed.putAll(databaseSettings);
        needed.entrySet().removeIf(setting -> Objects.equals(setting.getValue(), now.apply(setting.getKey())));
        boolean there = Files.exists(file);
        if (!there && needed.isEmpty()) {
            return Step.there(Step.Part.SETTINGS, what, "outside the descriptor");
        }
        String old = there ? Files.readString(file) : "";
        boolean ours = there && Descriptor.isUntouched(old);
        String text;
        if (there && !ours) {
            text = Descriptor.with(needed, old);
        } else {
            Map<String, String> all = new TreeMap<>(installation.parameters());
            all.putAll(needed);
            text = Descriptor.of(all);
        }
        if (text.equals(old)) {
            return Step.there(Step.Part.SETTINGS, what, file.toString());
        }
        Place place = Place.forTomcat(file, tomcat);
        Place kept = Place.forTomcat(file.resolveSibling(file.getFileName() + ".old"), tomcat);
        return new Step(
                Step.Part.SETTINGS,
                what,
                there ? Step.State.CHANGE : Step.State.MAKE,
                file
                        + (there && !ours
                                ? "; the old file is kept as " + kept.file().getFileName()
                                : ""),
                "# " + file + " (" + place.mode() + ", group " + place.group() + ")\n" + text,
                () -> {
                    if (there && !ours) {
                        kept.write(old);
                    }
                    place.makeFolder().write(text);
                    return "written";
                });
    }

    /** Why Tomcat will not take up by itself what is dropped in; empty if it will. */
    Optional<String> whyNotByItself() {
        return tomcat.running().isEmpty()
                ? Optional.of("Tomcat does not run: start it")
                : tomcat.autoDeploy()
                        ? Optional.empty()
                        : Optional.of("autoDeploy is off in conf/server.xml: restart Tomcat");
    }

    /**
     * Waits until the WAR answers that tokens can be issued.
     *
     * @param changed it must have started after that moment: what was there before may answer for some seconds yet
     */
    void prove(Installation installation, Instant changed) throws Refusal {
        LocalAnswer answer = new LocalAnswer(installation);
        Optional<String> objection = Optional.empty();
        for (long until = System.nanoTime() + MOST_SECONDS * 1_000_000_000L; System.nanoTime() < until; ) {
            try {
                objection = answer.objection(changed);
                if (objection.isEmpty()) {
                    return;
                }
                Thread.sleep(250);
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
                break;
            }
        }
        throw new Refusal(
                "all is in its place, but " + installation.localAddress() + "/health answers: "
                        + objection.orElse("nothing"),
                "Tomcat's log says why: " + tomcat.base().resolve("logs") + ", or journalctl -u "
                        + tomcat.base().getFileName());
    }
}
