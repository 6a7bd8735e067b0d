package io.github.alexalink.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.alexalink.fixture.TestDatabase;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Loopback belongs to every user of the machine: who is superuser of the server runs programs as its owner. */
@DisplayName("The PostgreSQL of the tests and the demo, seen by other users of this machine")
class OthersOnThisMachineTest {

    @ParameterizedTest
    @ValueSource(strings = {"postgres", "alexa_app"})
    void nobody_is_let_in_without_a_password(String role) {
        assertThatThrownBy(() -> connect(role, "")).hasMessageContaining("no password was provided");
        assertThatThrownBy(() -> connect(role, "&replication=true&preferQueryMode=simple"))
                .as("replication")
                .hasMessageContaining("no password was provided");
        assertThatThrownBy(() -> connect(role, "&password=wrong"))
                .hasMessageContaining("password authentication failed");
    }

    @Test
    void every_line_of_pg_hba_asks_for_a_password() throws Exception {
        assertThat(Files.readAllLines(Path.of(TestDatabase.ask("SHOW hba_file"))))
                .filteredOn(line -> !line.isBlank() && !line.startsWith("#"))
                .isNotEmpty()
                .allSatisfy(line -> assertThat(line).endsWith("scram-sha-256"));
    }

    @Test
    void another_user_runs_no_program_through_it_and_reads_no_password(@TempDir Path folder) throws Exception {
        skipUnless("root".equals(System.getProperty("user.name")), "only root can become another user of this machine");
        skipUnless(isHere("setpriv") && isHere("psql"), "no psql or no setpriv here");
        Path proof = folder.resolve("proof");
        String said = asNobody(
                "psql",
                "-X",
                "-w",
                "-h",
                "127.0.0.1",
                "-p",
                Integer.toString(TestDatabase.shared().port()),
                "-U",
                "postgres",
                "-d",
                "alexa",
                "-c",
                "COPY (SELECT 1) TO PROGRAM 'id -u > " + proof + "'");
        assertThat(said).contains("no password supplied").doesNotContain("COPY 1");
        assertThat(proof).doesNotExist();
        Path data = Path.of(TestDatabase.ask("SHOW data_directory"));
        assertThat(asNobody("cat", data.resolve("superuser.pgpass").toString())).contains("Permission denied");
    }

    @Test
    void its_owner_gets_in_by_the_address_for_psql_which_names_no_password() throws Exception {
        skipUnless(isHere("psql"), "no psql here: apt-get install postgresql-client runs this test");
        String address = TestDatabase.shared().libpqUri("alexa");
        assertThat(address).doesNotContain(TestDatabase.shared().superuserPassword());
        assertThat(output("psql", "-X", "-w", "-At", address, "-c", "SELECT current_user"))
                .isEqualTo("postgres\n");
    }

    @Test
    void what_is_private_is_so_from_the_first_moment_on(@TempDir Path folder) throws Exception {
        Path old = Files.writeString(folder.resolve("credentials.properties"), "readable by all");
        Files.setPosixFilePermissions(old, PosixFilePermissions.fromString("rw-r--r--"));
        Private.write(old, "secret");
        assertThat(old).hasContent("secret");
        assertThat(permissions(old)).isEqualTo("rw-------");
        Path made = folder.resolve("a/b");
        Private.createFolder(made);
        assertThat(permissions(made)).isEqualTo("rwx------");
        Files.writeString(made.resolve("kept"), "x");
        Private.createFolder(made);
        assertThat(made.resolve("kept")).exists();
        try (var left = Files.list(folder)) {
            assertThat(left).hasSize(2);
        }
    }

    private static String permissions(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    private static Connection connect(String role, String more) throws SQLException {
        return DriverManager.getConnection(TestDatabase.shared().jdbcUrl() + "?user=" + role + more, new Properties());
    }

    private static boolean isHere(String program) {
        return Stream.of(System.getenv("PATH").split(":", -1))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    private static void skipUnless(boolean possible, String reason) {
        if (!possible) {
            System.out.println("SKIPPED: " + reason);
            Assumptions.abort(reason);
        }
    }

    private static String asNobody(String... command) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"));
        all.addAll(List.of(command));
        return output(all.toArray(String[]::new));
    }

    private static String output(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return said;
    }
}
