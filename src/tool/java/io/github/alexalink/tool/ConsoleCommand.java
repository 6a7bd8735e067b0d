package io.github.alexalink.tool;

import io.github.alexalink.client.Registration;
import io.github.alexalink.config.Settings;
import io.github.alexalink.diagnosis.AmazonForm;
import io.github.alexalink.diagnosis.ClientChecks;
import io.github.alexalink.diagnosis.DatabaseChecks;
import io.github.alexalink.diagnosis.Diagnosis;
import io.github.alexalink.diagnosis.Finding;
import io.github.alexalink.diagnosis.Severity;
import io.github.alexalink.diagnosis.Vantage;
import io.github.alexalink.store.ClientRepository;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.json.JSONArray;
import org.json.JSONException;
import org.json.JSONObject;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What to enter at Amazon. */
@Command(
        name = "console",
        description =
                "What to enter in Amazon's developer console, in the order of its form, the client secret included.",
        footer = {
            "",
            "Example:  sudo java -jar alexa.war console",
            "",
            "Compare what is entered there with what is here:",
            "  ask smapi get-account-linking-info -s SKILL_ID -g development > form.json",
            "  sudo java -jar alexa.war console --compare form.json"
        })
final class ConsoleCommand implements Callable<Integer> {

    private static final int MOST_BYTES = 256 * 1024;

    private static final String HOW_TO_GET_IT =
            "ask smapi get-account-linking-info -s SKILL_ID -g development > form.json";

    @Spec
    private CommandSpec command;

    @Mixin
    private TomcatOption tomcat;

    @Option(
            names = "--json",
            description = "The body for ask smapi update-account-linking-info; with --compare, the differences.")
    private boolean json;

    @Option(
            names = "--compare",
            paramLabel = "FILE",
            description = "The answer of ask smapi get-account-linking-info, or - for standard input: names each field"
                    + " that differs.")
    private Optional<String> compared = Optional.empty();

    @Option(
            names = "--client",
            paramLabel = "ID",
            description = "Which client. Without it, the only one that has redirect URIs of an Alexa skill.")
    private Optional<String> clientId = Optional.empty();

    @Override
    public Integer call() throws Refusal, IOException, SQLException {
        Optional<JSONObject> console = compared.isPresent() ? Optional.of(read(compared.get())) : Optional.empty();
        Installation installation = tomcat.installation();
        Settings settings = TomcatOption.settings(installation);
        ClientRepository clients = new ClientRepository(WarDatabase.of(TomcatOption.databaseSettings(installation)));
        if (console.isPresent()) {
            return print(compare(settings, clients, console.get()));
        }
        Registration registration = choose(clients.registrations(), console);
        AmazonForm form = new AmazonForm(
                settings.issuer(),
                registration,
                ClientSecretFile.secretOf(registration.client(), installation.tomcat()));
        PrintWriter out = command.commandLine().getOut();
        if (json) {
            out.println(form.json());
            warnWithoutSecret(form);
        } else {
            print(form, out);
        }
        if (!registration.client().enabled()) {
            warn("client " + registration.client().clientId() + " is disabled: java -jar alexa.war client enable "
                    + registration.client().clientId());
        }
        return 0;
    }

    private Registration choose(List<Registration> all, Optional<JSONObject> console) throws Refusal {
        if (clientId.isPresent()) {
            return named(all, clientId.get())
                    .orElseThrow(() -> new Refusal(
                            "client " + clientId.get() + " is not registered", "java -jar alexa.war client list"));
        }
        List<Registration> alexa = ClientChecks.ofAlexa(all);
        Optional<Registration> entered =
                console.map(form -> form.optString("clientId")).flatMap(id -> named(alexa, id));
        if (entered.isPresent()) {
            return entered.get();
        }
        if (alexa.isEmpty()) {
            throw new Refusal(
                    "no client is registered for Alexa",
                    "java -jar alexa.war client add alexa --alexa-vendor M2EXAMPLE; another client: --client ID");
        }
        if (alexa.size() > 1) {
            throw new Refusal(
                    "there are " + alexa.size() + " clients for Alexa: "
                            + alexa.stream()
                                    .map(registration -> registration.client().clientId())
                                    .collect(Collectors.joining(", ")),
                    "say which one: --client " + alexa.get(0).client().clientId());
        }
        return alexa.get(0);
    }

    private static Optional<Registration> named(List<Registration> some, String id) {
        return some.stream()
                .filter(registration -> registration.client().clientId().equals(id))
                .findFirst();
    }

    private void warnWithoutSecret(AmazonForm form) {
        if (form.secret().isEmpty()) {
            warn("clientSecret is left out, because only its hash is here. A new one, to add to the file:\n  java -jar"
                    + " alexa.war client secret "
                    + form.registration().client().clientId());
        }
    }

    private void warn(String words) {
        command.commandLine().getErr().println(words);
    }

    private static void print(AmazonForm form, PrintWriter out) {
        out.println("Alexa developer console, your skill, Account Linking:");
        for (AmazonForm.Field field : form.fields()) {
            out.println();
            out.println(field.label());
            field.values().forEach(value -> out.println("    " + value));
            if (!field.remark().isEmpty()) {
                field.remark().lines().forEach(line -> out.println("    (" + line + ")"));
            }
        }
        out.println();
        out.println("Amazon shows three Alexa Redirect URLs there. Registered here are:");
        form.registration().client().redirectUris().stream().sorted().forEach(uri -> out.println("    " + uri));
    }

    private Diagnosis compare(Settings settings, ClientRepository clients, JSONObject console) throws Refusal {
        Diagnosis diagnosis = new Diagnosis(Vantage.CONSOLE);
        List<Registration> all;
        try {
            all = clients.registrations();
        } catch (SQLException failed) {
            diagnosis.add(DatabaseChecks.because(failed));
            diagnosis.add(Finding.skipped(
                    "console-differs",
                    Vantage.CONSOLE,
                    "the form",
                    diagnosis.firstFault().orElseThrow()));
            return diagnosis;
        }
        if (clientId.isEmpty() && ClientChecks.ofAlexa(all).isEmpty()) {
            diagnosis.add(ClientChecks.none(all, Vantage.CONSOLE));
            return diagnosis;
        }
        new AmazonForm(settings.issuer(), choose(all, Optional.of(console)), Optional.empty())
                .compare(console, all)
                .forEach(diagnosis::add);
        if (diagnosis.findings().stream()
                .noneMatch(finding -> finding.severity().compareTo(Severity.INFO) <= 0)) {
            diagnosis.add(
                    Finding.ok("console-differs", Vantage.CONSOLE, "what is entered at Amazon is what is wanted here"));
        }
        return diagnosis;
    }

    private int print(Diagnosis diagnosis) {
        PrintWriter out = command.commandLine().getOut();
        out.print(json ? diagnosis.json() + System.lineSeparator() : diagnosis.text());
        out.flush();
        return diagnosis.exitStatus();
    }

    private static JSONObject read(String file) throws Refusal {
        byte[] bytes;
        try {
            if (file.equals("-")) {
                bytes = System.in.readNBytes(MOST_BYTES + 1);
            } else {
                try (InputStream content = Files.newInputStream(Path.of(file))) {
                    bytes = content.readNBytes(MOST_BYTES + 1);
                }
            }
        } catch (NoSuchFileException missing) {
            throw new Refusal("there is no file " + file, HOW_TO_GET_IT);
        } catch (AccessDeniedException denied) {
            throw new Refusal(Myself.name() + " may not read " + file, "chmod u+r, or another file");
        } catch (IOException broken) {
            throw new Refusal(file + " cannot be read: " + broken.getMessage(), HOW_TO_GET_IT);
        }
        String name = file.equals("-") ? "standard input" : file;
        if (bytes.length > MOST_BYTES) {
            throw new Refusal(name + " is larger than 256 KiB: that is no answer of Amazon's", HOW_TO_GET_IT);
        }
        String text = decoded(bytes).strip();
        if (text.isEmpty()) {
            throw new Refusal(name + " is empty", HOW_TO_GET_IT);
        }
        JSONObject answer;
        try {
            answer = new JSONObject(text);
        } catch (JSONException broken) {
            if (isJson(text)) {
                throw new Refusal(name + " is JSON, and no object as Amazon's answer is one", HOW_TO_GET_IT);
            }
            throw new Refusal(
                    name + " is " + (text.startsWith("<") ? "HTML or XML and " : "") + "not JSON", HOW_TO_GET_IT);
        }
        return AmazonForm.in(answer)
                .orElseThrow(() -> new Refusal(
                        name + " has no account linking in it, neither clientId nor authorizationUrl", HOW_TO_GET_IT));
    }

    private static boolean isJson(String text) {
        try {
            return text.matches("(?s)\\[.*]") && new JSONArray(text).length() >= 0;
        } catch (JSONException none) {
            return false;
        }
    }

    /** In UTF-8, or in UTF-16 as PowerShell's {@code >} writes it. */
    private static String decoded(byte[] bytes) {
        Charset charset = bytes.length > 1 && ((bytes[0] & 0xFF) == 0xFF || (bytes[0] & 0xFF) == 0xFE)
                ? StandardCharsets.UTF_16
                : StandardCharsets.UTF_8;
        return new String(bytes, charset).replaceFirst("^\uFEFF", "");
    }
}
