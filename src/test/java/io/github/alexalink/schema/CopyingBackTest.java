package io.github.alexalink.schema;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.LeftOut;
import io.github.alexalink.fixture.cases.Listener;
import io.github.alexalink.fixture.servers.TestDatabase;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A DBA copies links that were deleted by mistake back from an older copy, as docs/dba.md says")
class CopyingBackTest {

    private static final Path FOLDER = Path.of("target/copy-back").toAbsolutePath();

    @Test
    void lost_links_live_again_and_listeners_who_left_do_not_come_back() throws Exception {
        skipWithoutPsql();
        Listener stays = Listener.register(TestDatabase.shared());
        Listener erased = Listener.register(TestDatabase.shared());
        Listener replaced = Listener.register(TestDatabase.shared());
        Listener unlinked = Listener.register(TestDatabase.shared());
        Listener berta = new Listener(stays.server(), stays.credentials(), TestDatabase.unique("berta"));
        Listener erasedInLdap = new Listener(stays.server(), stays.credentials(), TestDatabase.unique("carl"));
        List<Listener> all = List.of(stays, erased, replaced, unlinked, berta, erasedInLdap);
        List<Listener.Tokens> tokens = new ArrayList<>();
        for (Listener each : all) {
            tokens.add(each.link());
        }
        Files.createDirectories(FOLDER);
        psql("-c", "\\copy alexa.link TO old_link", "-c", "\\copy alexa.refresh_token TO old_refresh_token");

        TestDatabase.ask("SELECT alexa.erase_user(?)", erased.username());
        TestDatabase.change("DELETE FROM alexa.account WHERE username = ?", replaced.username());
        TestDatabase.ask(
                "SELECT alexa.add_account(?, repeat('ab', 16) || '$210000$' || repeat('cd', 32))", replaced.username());
        TestDatabase.ask("SELECT alexa.revoke_links(subject => ?)", unlinked.username());
        TestDatabase.ask("SELECT alexa.erase_user(?)", erasedInLdap.username());
        for (Listener each : all) { // the mistake
            TestDatabase.change("DELETE FROM alexa.link WHERE subject = ?", each.username());
        }

        String output = psql(
                "-1",
                "-v",
                "erased={" + erasedInLdap.username() + "}",
                "-f",
                TestDatabase.SQL.resolve("copy_back.sql").toString());

        assertThat(output).contains("links_copied_back");
        List<String> alive = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            if (all.get(i).refresh(tokens.get(i).refresh()).isPresent()) {
                alive.add(all.get(i).username());
            }
        }
        assertThat(alive).containsExactly(stays.username(), berta.username());
        assertThat(TestDatabase.ask(
                        "SELECT string_agg(subject, ' ' ORDER BY subject) FROM alexa.link WHERE subject = ANY (?)",
                        (Object) all.stream().map(Listener::username).toArray(String[]::new)))
                .as("no personal data of the people who left")
                .isEqualTo(stays.username() + " " + berta.username());
        psql(
                "-1",
                "-v",
                "erased={}",
                "-f",
                TestDatabase.SQL.resolve("copy_back.sql").toString());
    }

    private static String psql(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                "psql",
                "-X",
                "-v",
                "ON_ERROR_STOP=1",
                "-w",
                "-d",
                TestDatabase.shared().libpqUri(TestDatabase.shared().database())));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .directory(FOLDER.toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }

    private static void skipWithoutPsql() throws InterruptedException {
        try {
            new ProcessBuilder("psql", "--version").start().waitFor();
        } catch (IOException none) {
            String reason = "no psql here: apt-get install postgresql-client copies links back";
            LeftOut.because(reason);
        }
    }
}
