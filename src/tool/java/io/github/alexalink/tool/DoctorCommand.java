package io.github.alexalink.tool;

import io.github.alexalink.diagnosis.Diagnosis;
import io.github.alexalink.tool.doctor.Credentials;
import io.github.alexalink.tool.doctor.Doctor;
import io.github.alexalink.tool.doctor.Target;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Looks at the server from outside, as Amazon does. */
@Command(
        name = "doctor",
        description = "Says why Alexa cannot link: looks at the server as Amazon does, and at last links as Alexa does,"
                + " with a test account, and unlinks. Run it from anywhere but the server, for example by a phone's"
                + " hotspot. It changes nothing, and its report has no secret in it.",
        footer = {
            "",
            "Exit status: 0 nothing worse than a warning, 1 linking cannot work, 2 wrong usage.",
            "",
            "Example:  java -jar alexa.war doctor https://music.example.org/alexa --no-link"
        })
final class DoctorCommand implements Callable<Integer> {

    private static final int MOST_BYTES = 4096;
    private static final int MOST_PEM_BYTES = 1024 * 1024;

    @Spec
    private CommandSpec command;

    @Parameters(
            paramLabel = "URL",
            description = "What Amazon is told, without /authorize:%nhttps://music.example.org/alexa")
    private String url;

    @Option(names = "--json", description = "One JSON object, for a program. Asks for nothing.")
    private boolean json;

    @Option(names = "--no-link", description = "Every check up to the sign-in page; needs no secret.")
    private boolean noLink;

    @Option(names = "--client-id", paramLabel = "ID", description = "The client, as it is entered at Amazon.")
    private Optional<String> clientId = Optional.empty();

    @Option(
            names = "--client-secret-file",
            paramLabel = "F",
            description =
                    "A file with nothing but its secret in it, or - for standard input. Without it you are asked.")
    private Optional<String> secretFile = Optional.empty();

    @Option(
            names = "--redirect-uri",
            paramLabel = "URI",
            description = "One of the three Alexa Redirect URLs in Amazon's console, or the vendor id at their end.")
    private Optional<String> redirectUri = Optional.empty();

    @Option(
            names = "--scope",
            paramLabel = "\"a b\"",
            description = "The scopes, as they are entered at Amazon. Without it, all that the client may have.")
    private Optional<String> scope = Optional.empty();

    @Option(names = "--username", paramLabel = "NAME", description = "An account for trying it out.")
    private Optional<String> username = Optional.empty();

    @Option(
            names = "--password-file",
            paramLabel = "F",
            description = "A file with nothing but its password in it, or - for standard input. Without it you are"
                    + " asked.")
    private Optional<String> passwordFile = Optional.empty();

    @Option(
            names = "--resolve",
            paramLabel = "NAME=ADDRESS,…",
            description = "The addresses of the name, instead of DNS.")
    private List<String> resolve = List.of();

    @Option(names = "--ca", paramLabel = "FILE.pem", description = "Roots to trust besides Java's.")
    private Optional<String> ca = Optional.empty();

    @Option(
            names = "--allow-private",
            description = "To look from inside the house: a private address, or another port than 443, is no fault.")
    private boolean allowPrivate;

    @Override
    public Integer call() {
        Target target = target();
        if (secretFile.equals(Optional.of("-")) && passwordFile.equals(Optional.of("-"))) {
            throw usage("only one of --client-secret-file and --password-file can be -");
        }
        Credentials known = new Credentials(
                clientId.map(String::strip),
                noLink ? Optional.empty() : secretFile.map(name -> line(name, "--client-secret-file")),
                redirectUri.map(this::normalised),
                scope.map(String::strip).filter(words -> !words.isEmpty()),
                noLink ? Optional.empty() : username,
                noLink ? Optional.empty() : passwordFile.map(name -> line(name, "--password-file")));
        Diagnosis diagnosis = new Doctor(new Doctor.Question(
                        target, addresses(target), roots(), allowPrivate, !noLink, known, this::complete, Tool.start()))
                .diagnose();
        PrintWriter out = command.commandLine().getOut();
        out.print(json ? diagnosis.json() + System.lineSeparator() : diagnosis.text());
        out.flush();
        return diagnosis.exitStatus();
    }

    private ParameterException usage(String why) {
        return new ParameterException(command.commandLine(), why);
    }

    private Target target() {
        try {
            return Target.of(url);
        } catch (IllegalArgumentException refused) {
            throw usage("[" + Target.shown(url) + "]: " + refused.getMessage());
        }
    }

    private String normalised(String pasted) {
        String text = pasted.strip();
        if (text.contains("://")) {
            try {
                if (new URI(text).getHost() != null) {
                    return text;
                }
            } catch (URISyntaxException broken) {
                // says the same
            }
            throw usage(
                    "--redirect-uri: that is no address; copy one of the three Alexa Redirect URLs of Amazon's console");
        }
        try {
            return RedirectUris.ofAlexa(text).get(0);
        } catch (Refusal refused) {
            throw usage("--redirect-uri: " + refused.getMessage());
        }
    }

    private List<InetAddress> addresses(Target target) {
        List<InetAddress> addresses = new ArrayList<>();
        for (String given : resolve) {
            String[] parts = given.split("=", 2);
            if (parts.length != 2 || !isNameOf(target, parts[0])) {
                throw usage("--resolve [" + given + "]: wanted is --resolve " + target.host() + "=ADDRESS");
            }
            for (String address : parts[1].split(",", -1)) {
                try {
                    addresses.add(Doctor.address(address));
                } catch (IllegalArgumentException refused) {
                    throw usage("--resolve: " + refused.getMessage());
                }
            }
        }
        return addresses;
    }

    private static boolean isNameOf(Target target, String typed) {
        try {
            return Target.of(typed).host().equals(target.host());
        } catch (IllegalArgumentException none) {
            return false;
        }
    }

    private List<X509Certificate> roots() {
        if (ca.isEmpty()) {
            return List.of();
        }
        try {
            List<X509Certificate> roots = Doctor.roots(bytes(ca.get(), "--ca", MOST_PEM_BYTES));
            if (!roots.isEmpty()) {
                return roots;
            }
        } catch (CertificateException broken) {
            // says the same
        }
        throw usage("--ca: " + ca.get() + " has no certificate in PEM (-----BEGIN CERTIFICATE-----) in it");
    }

    /** A secret in a file, without the line break at its end. A blank belongs to it. */
    private String line(String name, String option) {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes(name, option, MOST_BYTES)))
                    .toString()
                    .replaceFirst("^\uFEFF", "")
                    .replaceFirst("\\r?\\n$", "");
            if (text.isEmpty() || text.chars().anyMatch(Character::isISOControl)) {
                throw usage(option + ": " + name + " must have one line, and nothing else");
            }
            return text;
        } catch (CharacterCodingException notUtf8) {
            throw usage(option + ": " + name + " is not UTF-8: save it as UTF-8");
        }
    }

    private byte[] bytes(String name, String option, int most) {
        try {
            if (name.equals("-")) {
                return System.in.readNBytes(most);
            }
            try (InputStream content = Files.newInputStream(Path.of(name))) {
                return content.readNBytes(most);
            }
        } catch (IOException | InvalidPathException unreadable) {
            throw usage(option + ": " + name + " cannot be read. Is it there, and may " + Myself.name() + " read it?");
        }
    }

    /** Asks whoever sits at the terminal for what is missing; nobody if there is none, or a program reads the answer. */
    private Credentials complete(Credentials known) {
        if (json || known.isComplete() || !Prompt.isThere()) {
            return known;
        }
        command.commandLine()
                .getErr()
                .println("The server answers. Now a link, as Alexa makes it. It is revoked at the end.");
        try {
            String client = or(known.clientId(), "Client ID, as at Amazon");
            String secret = hidden(known.clientSecret(), "Secret of client " + client + ", which is not shown");
            String redirect = normalised(or(known.redirectUri(), "An Alexa Redirect URL, or the vendor id"));
            String account = or(known.username(), "User name of a test account");
            String password = hidden(known.password(), "Password of account " + account + ", which is not shown");
            return new Credentials(
                    Optional.of(client),
                    Optional.of(secret),
                    Optional.of(redirect),
                    known.scope(),
                    Optional.of(account),
                    Optional.of(password));
        } catch (Refusal nothingTyped) {
            return known;
        }
    }

    private static String or(Optional<String> known, String question) throws Refusal {
        String typed = known.isPresent() ? known.get() : Prompt.ask(question, "");
        if (typed.isEmpty()) {
            throw new Refusal("nothing was typed", "nothing was changed");
        }
        return typed;
    }

    private static String hidden(Optional<String> known, String question) throws Refusal {
        return known.isPresent() ? known.get() : Prompt.secret(question);
    }
}
