package io.github.alexalink.tool;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.InTime;
import io.github.alexalink.fixture.LeftOut;
import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Soon;
import io.github.alexalink.fixture.servers.DebianRoom;
import io.github.alexalink.fixture.servers.DebianRoom.Said;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.json.JSONObject;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** Each test begins with the machine as apt left it, or with Alexa Link set up: the order saves restarts of Tomcat. */
@Tag("thorough") // apt downloads
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@DisplayName("java -jar alexa.war setup, on tomcat10 and postgresql as Debian's apt lays them")
class SetupOnDebianIT {

    private static final String ISSUER = "https://music.example.org/alexa";
    private static final String PASSWORD = "blue hills & 7 rivers";
    private static final String OPTIONS = "--issuer " + ISSUER
            + " --name 'Annas T\u00f6ne' --alexa-vendor M2TESTVENDOR --account anna --password-file /srv/password";

    private static final String DESCRIPTOR = "/etc/tomcat10/Catalina/localhost/alexa.xml";
    private static final String DB_PASSWORD = "/etc/tomcat10/alexa.db.password";
    private static final String CLIENT_SECRET = "/etc/tomcat10/alexa.client-secret";
    private static final String WAR = "/var/lib/tomcat10/webapps/alexa.war";

    private static DebianRoom room;

    /** {@code java -jar …/alexa.war}, in the unzipped folder. */
    private static String tool;

    @BeforeAll
    static void unzip() throws IOException, InterruptedException {
        room = DebianRoom.open();
        try (Stream<Path> files = Files.list(Path.of("target"))) {
            room.bring(
                    files.filter(file -> file.getFileName().toString().matches("alexa-link-.*\\.zip"))
                            .findFirst()
                            .orElseThrow(),
                    "/opt/alexa-link.zip");
        }
        room.done("cd /opt && unzip -q alexa-link.zip && rm alexa-link.zip && mv alexa-link-*/ alexa-link");
        tool = "java -jar " + room.done("find /opt/alexa-link -name alexa.war").strip() + " ";
        room.done("umask 077 && cat > /srv/password <<'END'\n" + PASSWORD + "\nEND\n");
        room.bring(Path.of("target/alexa-music-server.war"), "/var/lib/tomcat10/webapps/music-server.war");
        assertThat(Soon.within(60, () -> status("/music-server/"), status -> status == 200))
                .isEqualTo(200);
    }

    @AfterAll
    static void close() throws IOException {
        if (room != null) {
            room.close();
        }
    }

    @Test
    @Order(1)
    void the_room_is_a_debian_of_its_own_with_both_servers() throws Exception {
        assertThat(status("/")).isEqualTo(200);
        assertThat(room.ask("postgres", "SHOW server_encoding")).isEqualTo("UTF8");
        assertThat(Path.of("/opt/alexa-link")).as("on this machine").doesNotExist();

        String tomcat = "nsenter -m -r -t $(pgrep -u tomcat java) setpriv --reuid tomcat --regid tomcat --init-groups ";
        room.done(tomcat + "touch /etc/tomcat10/Catalina/x /var/log/tomcat10/x && rm /etc/tomcat10/Catalina/x");
        assertThat(room.run(tomcat + "touch /var/lib/tomcat10/lib/x").err()).contains("Read-only file system");

        Said said = room.typed(
                "read -rp 'Name: ' NAME && read -rsp 'Password: ' PASSWORD && echo && echo \"$NAME ${#PASSWORD}\" && exit 3",
                "Name: ",
                "anna",
                "Password: ",
                "secret");
        assertThat(said.out()).endsWith("anna 6\n").doesNotContain("secret");
        assertThat(said.status()).isEqualTo(3);
    }

    @Test
    @Order(2)
    void a_setup_that_cannot_be_is_refused_with_the_cure_and_leaves_nothing_half_done() throws Exception {
        String before = state();
        refused("setup", "there is no terminal to ask at", "--yes --issuer https://music.example.org/alexa");
        refused("setup --yes", "alexa.issuer is not known", "--issuer https://music.example.org/alexa");
        refused(
                "setup --yes --issuer http://music.example.org/alexa",
                "alexa.issuer is [http://music.example.org/alexa]",
                "https address");
        refused(
                "setup --yes --issuer https://music.example.org/alexa/",
                "alexa.issuer is [https://music.example.org/alexa/]",
                "slash at the end");
        refused(
                "setup --yes --issuer " + ISSUER + " --alexa-vendor amzn1.ask.skill.1",
                "[amzn1.ask.skill.1] is no vendor id",
                "Alexa Redirect URLs");
        refused(
                "setup --yes --issuer " + ISSUER + " --account anna --password-file /srv/none",
                "[/srv/none]: there is no such file",
                "nothing but the password");
        refused(
                "setup --yes " + OPTIONS + " --db postgresql://127.0.0.1:5499/alexa",
                "no PostgreSQL listens at 127.0.0.1:5499",
                "PGHOST");
        refused(
                "setup --yes " + OPTIONS + " --db postgresql://postgres@127.0.0.1/alexa",
                "PGPASSWORD=wrong ",
                "knows no postgres with this password",
                "PGPASSWORD");
        String nobody = "runuser -u nobody -- ";
        refused("setup --yes --issuer " + ISSUER, nobody, "nobody may not", "sudo java -jar alexa.war");
        assertThat(changes(before, state())).isEmpty();

        tomcat9()
                .ifPresent(
                        folder -> refused("setup --yes " + OPTIONS + " --tomcat " + folder, "is 9.0.", "apt install"));

        room.ask("postgres", "CREATE DATABASE alexa ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0");
        refused("setup --yes " + OPTIONS, "database alexa is in SQL_ASCII", "--db postgresql:///");
        room.ask("postgres", "DROP DATABASE alexa");
        room.ask("postgres", "CREATE DATABASE alexa");
        room.ask("alexa", "CREATE TABLE songs (title text)");
        refused("setup --yes " + OPTIONS, "database alexa is somebody else's", "--db postgresql:///");
        room.ask("alexa", "CREATE SCHEMA alexa CREATE TABLE song (title text)");
        refused("setup --yes " + OPTIONS, "a schema alexa of somebody else's", "--db postgresql:///");
        room.ask("postgres", "DROP DATABASE alexa");

        room.service("postgresql", "stop");
        refused("setup --yes " + OPTIONS, "no PostgreSQL listens", "PGHOST");
        room.service("postgresql", "start");
        assertThat(changes(before, state())).isEmpty();
    }

    private static void refused(String command, String found, String cure) {
        refused(command, "", found, cure);
    }

    private static void refused(String command, String before, String found, String cure) {
        Said said = room.run("cd /opt && " + before + tool + command);
        assertThat(said.status()).as(command + said).isEqualTo(1);
        assertThat(said.err()).as(command).contains(found).doesNotContain("Exception", "\tat ");
        List<String> lines = said.err().lines().toList();
        assertThat(lines).as(command).hasSizeBetween(2, 3);
        assertThat(said.err()).as(command).contains(cure);
    }

    /** A Tomcat 9 in the room; empty if the build has not unpacked one. */
    private static Optional<String> tomcat9() throws IOException, InterruptedException {
        Path home = Path.of(System.getProperty("tomcat-9.home"));
        if (!Files.isDirectory(home)) {
            LeftOut.note("no Tomcat 9 here, which setup refuses: ./mvnw -Pthorough verify downloads it");
            return Optional.empty();
        }
        Process tar = new ProcessBuilder("tar", "-C", home.toString(), "-c", ".").start();
        byte[] files = tar.getInputStream().readAllBytes();
        room.run("mkdir /opt/tomcat9 && tar -x -C /opt/tomcat9", files);
        return Optional.of("/opt/tomcat9");
    }

    @Test
    @Order(3)
    void the_plan_shows_the_sql_and_the_files_and_changes_nothing() {
        blank();
        String before = state();
        Said plan = room.run(tool + "setup --plan " + OPTIONS);
        assertThat(changes(before, state())).isEmpty();
        assertThat(plan.status()).as(plan.toString()).isZero();
        assertThat(plan.out())
                .contains("CREATE DATABASE alexa", "CREATE TABLE alexa.link", "alexa.register_client(", "M2TESTVENDOR")
                .contains("alexa.add_account(", WAR, DB_PASSWORD)
                .doesNotContain(PASSWORD)
                .endsWith("Nothing was changed.\n");
    }

    @Test
    @Order(4)
    void one_command_leads_to_the_first_token_while_the_neighbour_answers_and_shows_nobody_a_secret() throws Exception {
        blank();
        String plan = room.done(tool + "setup --plan " + OPTIONS);
        String tomcat = room.done("pgrep -u tomcat java");
        room.done("touch /room/before");
        long start = System.nanoTime();
        Said said;
        JSONObject tokens;
        double set;
        try (Watch watch = new Watch()) {
            said = room.run(tool + "setup --yes " + OPTIONS);
            set = seconds(start);
            assertThat(said.status()).as(said.toString()).isZero();
            tokens = skill().link("anna", PASSWORD);
            InTime.assertAtMost(Duration.ofSeconds(60), start);
            System.out.printf(
                    "setup on Debian's packages: 1 command, %.1f s; to the first token %.1f s%n", set, seconds(start));
            watch.stop();
            assertThat(watch.neighbourAnswered.get()).isPositive();
            assertThat(watch.neighbourFailed.get()).isZero();
            List<String> secrets = List.of(PASSWORD, secret(DB_PASSWORD), secret(CLIENT_SECRET));
            assertThat(watch.processes).isNotEmpty().noneMatch(shown -> secrets.stream()
                    .anyMatch(shown::contains));
            assertThat(filesWith(secrets)).containsExactlyInAnyOrder("/srv/password", DB_PASSWORD, CLIENT_SECRET);
            assertThat(said.out() + said.err()).doesNotContain(secrets);
        }
        assertThat(room.done("pgrep -u tomcat java")).as("Tomcat's process").isEqualTo(tomcat);
        assertThat(Alexa.get(skill().authorizationUrl()).body()).contains("Annas T\u00f6ne");
        assertThat(skill().refresh(tokens.getString("refresh_token")).statusCode())
                .isEqualTo(200);

        assertThat(plan)
                .as("the file as the plan shows it")
                .contains(room.done("cat " + DESCRIPTOR).strip());
        System.out.print(room.done("ls -l " + String.join(" ", DESCRIPTOR, DB_PASSWORD, CLIENT_SECRET, WAR)));
        assertThat(rights(DESCRIPTOR)).isEqualTo("-rw-r----- root:tomcat");
        assertThat(rights(DB_PASSWORD)).isEqualTo("-rw-r----- root:tomcat");
        assertThat(rights(CLIENT_SECRET)).isEqualTo("-rw------- root:root");
        assertThat(rights(WAR)).isEqualTo("-rw-r--r-- root:tomcat");

        String log = room.done("cat /var/log/postgresql/*.log");
        assertThat(log).contains("CREATE TABLE alexa.link");
        assertThat(log.contains(room.ask("alexa", "SELECT password_hash FROM alexa.account")))
                .as("the account's hash is in PostgreSQL's log, with log_statement = all")
                .isFalse();
    }

    @Test
    @Order(5)
    void the_second_run_finds_all_there_already_and_changes_nothing() {
        setUp();
        String before = state();
        for (String options : List.of(OPTIONS, "")) {
            Said again = room.run(tool + "setup --yes " + options);
            assertThat(again.status()).as(again.toString()).isZero();
            assertThat(again.out().lines().filter(line -> line.contains("there already")))
                    .as(again.out())
                    .hasSize(7);
            assertThat(changes(before, state())).as(options).isEmpty();
        }
    }

    @Test
    @Order(6)
    void at_a_terminal_it_asks_what_it_must_know_and_asks_again_what_cannot_be() throws Exception {
        blank();
        String before = state();
        Said no = room.typed(tool + "setup " + OPTIONS, "Do it? [yes]: ", "no");
        assertThat(no.status()).isEqualTo(1);
        assertThat(no.out()).contains("nothing was changed");
        assertThat(changes(before, state())).isEmpty();

        Said said = room.typed(
                tool + "setup",
                "such as https://music.example.org/alexa: ",
                "http://music.example.org/alexa",
                "such as https://music.example.org/alexa: ",
                ISSUER,
                "What listeners call your music server",
                "Annas T\u00f6ne",
                "redirect URL from Amazon's console",
                "nothing of the kind",
                "redirect URL from Amazon's console",
                "https://layla.amazon.com/api/skill/link/M2TESTVENDOR",
                "Name of the first account",
                "anna",
                "Password of anna: ",
                PASSWORD,
                "The same again: ",
                PASSWORD,
                "Do it? [yes]: ",
                "");
        assertThat(said.status()).as(said.out()).isZero();
        assertThat(said.out())
                .contains("alexa.issuer is [http://music.example.org/alexa]", "Alexa Link is up")
                .doesNotContain(PASSWORD);
        assertThat(skill().link("anna", PASSWORD).getString("access_token")).startsWith("ala_");
        assertThat(Alexa.get(skill().authorizationUrl()).body()).contains("Annas T\u00f6ne");
    }

    /**
     * A lock in PostgreSQL stops the step in the middle, so that the kill comes there and not before or after. What
     * PostgreSQL does of a statement whose client is gone is then seen as well.
     */
    @Test
    @Order(7)
    void killed_at_each_step_it_goes_on_and_ends_well() throws Exception {
        blank();
        String setup = tool + "setup --yes " + OPTIONS;
        killedIn("roles, tables, functions", "LOCK TABLE pg_authid IN SHARE MODE", "postgres", setup);
        assertThat(room.ask("alexa", "SELECT count(*) FROM pg_namespace WHERE nspname = 'alexa'"))
                .isEqualTo("0");

        // without client, account and Tomcat, so that nothing after the tables is there
        Said tables = room.killedWhen(
                printed -> doing(printed).contains("schema version "),
                tool + "setup --yes --only database --db-password-file /srv/database-only");
        assertThat(tables.out()).doesNotContain("password of alexa_app     there already");
        assertThat(room.ask("alexa", "SELECT count(*) > 0 FROM alexa.schema_version"))
                .isEqualTo("t");

        killedIn("password of alexa_app", "LOCK TABLE pg_authid IN SHARE MODE", "postgres", setup);
        String password = secret(DB_PASSWORD);
        killedIn("client alexa", "LOCK TABLE alexa.client IN SHARE MODE", "alexa", setup);
        assertThat(secret(DB_PASSWORD)).isEqualTo(password);
        killedIn("account anna", "LOCK TABLE alexa.account IN SHARE MODE", "alexa", setup);
        String secret = secret(CLIENT_SECRET);

        int killed = 0;
        Said last;
        do { // each run does one step at least
            last = room.killedWhen(printed -> doing(printed).contains("\n"), setup);
        } while (!last.out().contains("Alexa Link is up") && ++killed < 5);
        assertThat(killed).isPositive();

        Said end = room.run(setup);
        assertThat(end.status()).as(end.toString()).isZero();
        assertThat(end.out()).contains("Alexa Link is up");
        assertThat(secret(DB_PASSWORD)).isEqualTo(password);
        assertThat(secret(CLIENT_SECRET)).isEqualTo(secret);
        assertThat(room.ask(
                        "alexa",
                        "SELECT (SELECT count(*) FROM alexa.client), (SELECT count(*) FROM alexa.client_secret),"
                                + " (SELECT count(*) FROM alexa.account)"))
                .isEqualTo("1|1|1");
        assertThat(room.done("find /etc/tomcat10 /var/lib/tomcat10 -name '.*.new'"))
                .as("halves of files")
                .isEmpty();
        assertThat(skill().link("anna", PASSWORD).getString("access_token")).startsWith("ala_");
    }

    /** Runs setup while a transaction holds a lock; kills it when it has begun the step; then lets the lock go. */
    private static void killedIn(String step, String lock, String database, String setup) throws Exception {
        Process psql =
                room.start("cd / && runuser -u postgres -- /usr/lib/postgresql/*/bin/psql -X -A -t -q -d " + database);
        psql.getOutputStream().write(("BEGIN;\n" + lock + ";\nSELECT 'locked';\n").getBytes(StandardCharsets.UTF_8));
        psql.getOutputStream().flush();
        assertThat(psql.inputReader().readLine()).isEqualTo("locked");
        Said said = room.killedWhen(
                printed -> doing(printed).contains(step)
                        && !room.ask("postgres", "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
                                .equals("0"),
                setup);
        psql.getOutputStream().close();
        psql.waitFor();
        assertThat(said.out()).as(said.toString()).doesNotContain("Alexa Link is up");
        assertThat(doing(said.out())).as(said.toString()).contains(step);
        Soon.within(
                30,
                () -> room.ask(
                        "postgres", "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'alexa-link-tool'"),
                "0"::equals);
    }

    /** What setup printed after the plan: the steps that it has done, and the one that it does. */
    private static String doing(String printed) {
        String[] parts = printed.split("\n\n", 3);
        return parts.length < 3 ? "" : parts[2];
    }

    @Test
    @Order(8)
    void a_newer_war_upgrades_the_schema_and_a_linked_speaker_stays_linked() throws Exception {
        setUp();
        JSONObject tokens = skill().link("anna", PASSWORD);
        room.write("/srv/newer.war", withOneMoreMigration(Files.readAllBytes(Path.of("target/alexa.war"))));
        Said said = room.run("java -jar /srv/newer.war setup --yes");
        assertThat(said.status()).as(said.toString()).isZero();
        assertThat(said.out()).contains("schema version 3 to 4", "Alexa Link is up");
        room.done("cmp /srv/newer.war " + WAR);
        assertThat(room.ask("alexa", "SELECT max(version) FROM alexa.schema_version"))
                .isEqualTo("4");
        assertThat(skill().refresh(tokens.getString("refresh_token")).statusCode())
                .isEqualTo(200);
        assertThat(Alexa.get(base() + "/health").body()).contains("\"status\":\"ok\"");

        String before = state();
        refused("setup --yes", "is at version 4, and this WAR brings 3", "use the WAR that made it");
        assertThat(changes(before, state())).isEmpty();
    }

    /** The WAR with the example of a later migration, as one that runs in a transaction. */
    private static byte[] withOneMoreMigration(byte[] war) throws IOException {
        String sql = "io/github/alexalink/tool/sql/";
        String example = Files.readString(Path.of("src/test/resources/sql/migrations/V4__example.sql"))
                .replace("CONCURRENTLY ", "");
        return changed(war, Map.of(), (name, content) -> {
            if (!name.matches("WEB-INF/tool/.*-tool\\.jar")) {
                return content;
            }
            return changed(
                    content,
                    Map.of(sql + "migrations/V4__example.sql", example.getBytes(StandardCharsets.UTF_8)),
                    (file, text) -> file.equals(sql + "install.sql")
                            ? new String(text, StandardCharsets.UTF_8)
                                    .replaceFirst(
                                            "(?m)^\\\\ir migrations/V3__.*$", "$0\n\\\\ir migrations/V4__example.sql")
                                    .getBytes(StandardCharsets.UTF_8)
                            : text);
        });
    }

    @FunctionalInterface
    private interface Change {
        byte[] of(String name, byte[] content) throws IOException;
    }

    private static byte[] changed(byte[] zip, Map<String, byte[]> more, Change change) throws IOException {
        ByteArrayOutputStream result = new ByteArrayOutputStream();
        try (ZipInputStream from = new ZipInputStream(new ByteArrayInputStream(zip));
                ZipOutputStream to = new ZipOutputStream(result)) {
            for (ZipEntry entry = from.getNextEntry(); entry != null; entry = from.getNextEntry()) {
                to.putNextEntry(new ZipEntry(entry.getName()));
                to.write(change.of(entry.getName(), from.readAllBytes()));
            }
            for (Map.Entry<String, byte[]> added : more.entrySet()) {
                to.putNextEntry(new ZipEntry(added.getKey()));
                to.write(added.getValue());
            }
        }
        return result.toByteArray();
    }

    @Test
    @Order(9)
    void the_database_and_tomcat_are_set_up_by_two_people() {
        blank();
        Said dba = room.run(
                "cd /var/lib/postgresql && runuser -u postgres -- " + tool
                        + "setup --yes --only database --alexa-vendor M2TESTVENDOR --account anna --password-file - < /srv/password");
        assertThat(dba.status()).as(dba.toString()).isZero();
        assertThat(room.run("ls " + WAR + " " + DESCRIPTOR).out()).isEmpty();
        assertThat(rights("/var/lib/postgresql/alexa.db.password")).isEqualTo("-rw------- postgres:postgres");

        Said operator = room.run(tool + "setup --yes --only tomcat --issuer " + ISSUER
                + " --db-password-file /var/lib/postgresql/alexa.db.password");
        assertThat(operator.status()).as(operator.toString()).isZero();
        assertThat(operator.out()).contains("Alexa Link is up");
        assertThat(skill(secret("/var/lib/postgresql/alexa.client-secret"))
                        .link("anna", PASSWORD)
                        .getString("access_token"))
                .startsWith("ala_");
    }

    private static void setUp() {
        Said said = room.run(tool + "setup --yes " + OPTIONS);
        assertThat(said.status()).as(said.toString()).isZero();
    }

    /** Takes away all that setup may have made. */
    private static void blank() {
        if (room.run("ls -d /etc/tomcat10/*alexa* " + DESCRIPTOR + " " + WAR)
                        .out()
                        .isEmpty()
                && room.ask("postgres", "SELECT FROM pg_roles WHERE rolname LIKE 'alexa%'")
                        .isEmpty()) {
            return;
        }
        room.service("tomcat", "stop");
        room.done("rm -rf /var/lib/tomcat10/webapps/alexa* /etc/tomcat10/*alexa* /etc/tomcat10/.*alexa* "
                + "/etc/tomcat10/Catalina/localhost/*alexa* /var/lib/postgresql/alexa.*");
        room.ask("postgres", "DROP DATABASE IF EXISTS alexa WITH (FORCE)");
        room.ask(
                "postgres",
                room.ask(
                        "postgres",
                        "SELECT format('DROP ROLE %I;', rolname) FROM pg_roles WHERE rolname LIKE 'alexa%'"));
        room.service("tomcat", "start");
    }

    /** Every file of Tomcat's and its rights, and every row and role of PostgreSQL. */
    private static String state() {
        return room.done("cd / && find etc var/lib/tomcat10 -printf '%p %M %u:%g %s %T@ %l\\n' | sort"
                + " && find etc/tomcat10 etc/postgresql var/lib/tomcat10 -type f -print0 | sort -z | xargs -0 sha256sum"
                + " && runuser -u postgres -- /usr/lib/postgresql/*/bin/pg_dumpall | grep -v '^.\\(un\\)\\?restrict '");
    }

    private static Set<String> changes(String before, String after) {
        Set<String> lines = new HashSet<>(before.lines().toList());
        Set<String> different = new HashSet<>(after.lines().toList());
        Set<String> gone = new HashSet<>(lines);
        gone.removeAll(different);
        different.removeAll(lines);
        different.addAll(gone);
        return different;
    }

    private static String rights(String file) {
        return room.done("stat -c '%A %U:%G' " + file).strip();
    }

    /** The last word of a file. */
    private static String secret(String file) {
        String text = room.done("cat " + file).strip();
        return text.substring(text.lastIndexOf(' ') + 1);
    }

    @Test
    @Order(10)
    void a_lost_password_file_is_made_anew_if_the_operator_says_so_whatever_the_umask() throws Exception {
        blank();
        setUp();
        room.done("rm " + DB_PASSWORD);
        refused(
                "setup --yes",
                "alexa_app has a password already, for every database of this server, and it is not in " + DB_PASSWORD,
                "--new-db-password");
        Said said = room.run("umask 077; " + tool + "setup --yes --new-db-password");
        assertThat(said.status()).as(said.toString()).isZero();
        assertThat(said.out()).contains("password of alexa_app     will be changed");
        assertThat(rights(DB_PASSWORD)).isEqualTo("-rw-r----- root:tomcat");
        assertThat(skill().link("anna", PASSWORD).getString("access_token")).startsWith("ala_");
    }

    /** Every file that was written since {@code /room/before} and has one of these in it. */
    private static List<String> filesWith(List<String> secrets) {
        room.write("/room/secrets", (String.join("\n", secrets) + "\n").getBytes(StandardCharsets.UTF_8));
        return room.run("find / /tmp /run /dev/shm /etc/postgresql /var/lib/postgresql /var/log/postgresql -xdev"
                        + " -type f \\( -newer /room/before -o -path /srv/password \\) ! -path /room/secrets -print0"
                        + " | sort -zu | xargs -0 grep -lF -f /room/secrets; rm /room/secrets")
                .out()
                .lines()
                .toList();
    }

    private static Alexa skill() {
        return skill(secret(CLIENT_SECRET));
    }

    private static Alexa skill(String secret) {
        return Alexa.registered(base(), "alexa", secret);
    }

    private static String base() {
        return "http://127.0.0.1:" + room.port() + "/alexa";
    }

    private static int status(String path) {
        try {
            return Alexa.get("http://127.0.0.1:" + room.port() + path).statusCode();
        } catch (IllegalStateException noAnswer) {
            return -1;
        }
    }

    private static double seconds(long since) {
        return (System.nanoTime() - since) / 1e9;
    }

    /** Looks at what every process of the room shows to others, and asks the neighbour, again and again. */
    private static final class Watch implements AutoCloseable {
        private final Set<String> processes = new HashSet<>();
        private final AtomicInteger neighbourAnswered = new AtomicInteger();
        private final AtomicInteger neighbourFailed = new AtomicInteger();
        private final AtomicBoolean over = new AtomicBoolean();
        private final List<Thread> threads = List.of(new Thread(this::lookAtProcesses), new Thread(this::askNeighbour));

        Watch() {
            threads.forEach(Thread::start);
        }

        private void lookAtProcesses() {
            Path room = namespace(Long.toString(SetupOnDebianIT.room.firstProcess()));
            while (!over.get()) {
                try (Stream<Path> all = Files.list(Path.of("/proc"))) {
                    all.map(folder -> folder.getFileName().toString())
                            .filter(name -> name.matches("\\d+") && room.equals(namespace(name)))
                            .forEach(process ->
                                    processes.addAll(List.of(shown(process, "cmdline"), shown(process, "environ"))));
                } catch (IOException broken) {
                    throw new UncheckedIOException(broken);
                }
                pause(5);
            }
        }

        private static Path namespace(String process) {
            try {
                return Files.readSymbolicLink(Path.of("/proc", process, "ns/pid"));
            } catch (IOException ended) {
                return Path.of("");
            }
        }

        private static String shown(String process, String what) {
            try {
                return Files.readString(Path.of("/proc", process, what), StandardCharsets.ISO_8859_1);
            } catch (IOException ended) {
                return "";
            }
        }

        private void askNeighbour() {
            while (!over.get()) {
                (status("/music-server/") == 200 ? neighbourAnswered : neighbourFailed).incrementAndGet();
                pause(20);
            }
        }

        private static void pause(int milliseconds) {
            try {
                TimeUnit.MILLISECONDS.sleep(milliseconds);
            } catch (InterruptedException impossible) {
                throw new IllegalStateException(impossible);
            }
        }

        void stop() throws InterruptedException {
            over.set(true);
            for (Thread thread : threads) {
                thread.join();
            }
        }

        @Override
        public void close() {
            over.set(true);
        }
    }
}
