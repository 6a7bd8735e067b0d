package io.github.alexalink.tool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.alexalink.fixture.servers.FreshDatabase;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A database that the tool cannot use")
class ServerTest {

    private static final String WHERE =
            "\n  say where it is: PGHOST and PGPORT, or --db postgresql://USER@HOST:5432/alexa\n";

    @Test
    void a_wrong_password_a_missing_database_and_an_unknown_role_say_which_option_says_another() {
        String at = "127.0.0.1:" + TestDatabase.shared().port();
        String superuser = TestDatabase.shared().superuserName();
        refused(
                list(superuser, "wrong-" + TestDatabase.APP_PASSWORD, "alexa"),
                "PostgreSQL at " + at + " knows no " + superuser + " with this password\n"
                        + "  PGUSER and PGPASSWORD, ~/.pgpass or --db say who you are\n");
        refused(
                Answer.in("no_such_database", "account", "list"),
                "there is no database no_such_database at " + at + "\n"
                        + "  PGDATABASE or --db names another; java -jar alexa.war setup makes it\n");
    }

    @Test
    void the_roles_of_the_war_and_of_support_are_told_who_may() {
        refused(
                list(
                        "alexa_app",
                        TestDatabase.APP_PASSWORD,
                        TestDatabase.shared().database()),
                """
                permission denied for table account
                  log in as a member of alexa_owner, or as a superuser: PGUSER or --db
                """);
    }

    @Test
    void a_member_of_alexa_owner_needs_no_more() {
        String dba = TestDatabase.unique("dba").replace('-', '_');
        TestDatabase.change("CREATE ROLE " + dba + " LOGIN PASSWORD '" + TestDatabase.APP_PASSWORD + "'");
        TestDatabase.change("GRANT alexa_owner TO " + dba);
        assertThat(list(dba, TestDatabase.APP_PASSWORD, TestDatabase.shared().database()))
                .matches(answer -> answer.status() == 0);
    }

    @Test
    void a_database_without_the_schema_says_how_to_make_it() throws Exception {
        Answer answer = Answer.in(FreshDatabase.empty(), "account", "disable", "anna");
        refused(answer, """
                there is no Alexa Link of this version in this database: schema "alexa" does not exist
                  --db names another; java -jar alexa.war setup installs it here
                """);
    }

    @Test
    void a_server_that_takes_no_changes_is_a_standby_or_set_so() throws Exception {
        String database = FreshDatabase.migrated();
        FreshDatabase.run(database, "ALTER DATABASE " + database + " SET default_transaction_read_only = on", true);
        refused(
                Answer.in(database, "client", "disable", "alexa"),
                "there is no client \"alexa\"\n  java -jar alexa.war client list lists them\n");
        refused(Answer.in(database, "client", "add", "alexa", "--alexa-vendor", "M2TESTVENDOR"), """
                this PostgreSQL takes no changes: it is a standby, or set to read only
                  PGHOST or --db names the primary
                """);
    }

    @Test
    void a_port_that_nobody_listens_at_and_a_host_that_is_none() {
        int free = TestServers.freePort();
        refused(
                Answer.to("account", "list", "--db", "postgresql://anna:s3cret@127.0.0.1:" + free + "/alexa"),
                "no PostgreSQL listens at 127.0.0.1:" + free
                        + WHERE.replace(
                                "  say", "  start it (on Debian and Ubuntu: systemctl start postgresql), or say"));
        refused(
                Answer.to("account", "list", "--db", "postgresql://anna:s3cret@nowhere.invalid/alexa"),
                "there is no host nowhere.invalid" + WHERE);
    }

    @Test
    void a_socket_that_nobody_listens_at() {
        refused(Answer.to("account", "list", "--db", "postgresql:///alexa?host=/tmp/nowhere&port=5499&user=anna"), """
                no PostgreSQL answers at /tmp/nowhere/.s.PGSQL.5499
                  PGHOST says where: another folder with the socket, or a host; PGPORT is 5499
                """);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "alexa",
                "s3cret@db/alexa",
                "mysql://u:s3cret@db/alexa",
                "postgresql://u:s3@s3cret@db/alexa",
                "postgresql://u:s3cret%zz@db/alexa",
                "postgresql://u:s3cret@db:port/alexa",
                "postgresql://u:s3/cret@s3cret:x/alexa"
            })
    void an_address_that_is_none_is_refused_without_being_repeated(String address) {
        Answer answer = Answer.to("account", "list", "--db", address);
        refused(answer, """
                --db is no address of a PostgreSQL database
                  write postgresql://USER@HOST:5432/DATABASE, and in a name %40 for @, %2F for /
                """);
    }

    @ParameterizedTest
    @CsvSource({"postgresql://u@db:99999/alexa, 99999", "postgresql://u@db/alexa?port=none, none"})
    void a_port_that_is_none_is_named(String address, String port) {
        assertThatThrownBy(() -> Server.find(Optional.of(address), unset -> null))
                .hasMessage("[" + port + "] is no port\n  PostgreSQL's own is 5432: PGPORT or --db says which");
    }

    @Test
    void the_environment_is_read_as_psql_reads_it_and_the_address_counts_first() throws Exception {
        Map<String, String> environment = Map.of(
                "PGHOST",
                "db.example.org",
                "PGPORT",
                "5433",
                "PGUSER",
                "dba",
                "PGPASSWORD",
                "s3cret",
                "PGDATABASE",
                "d");
        Server psqls = Server.find(Optional.empty(), environment::get);
        assertThat(psqls.where()).isEqualTo("db.example.org:5433");
        assertThat(psqls.user() + psqls.password() + psqls.database()).isEqualTo("dbaOptional[s3cret]d");
        Server given = Server.find(Optional.of("postgresql://ann%40:p%2Fw@other/alexa%20two"), environment::get);
        assertThat(given.where()).isEqualTo("other:5433");
        assertThat(given.user() + given.password() + given.database()).isEqualTo("ann@Optional[p/w]alexa two");
    }

    private static Answer list(String role, String password, String database) {
        return Answer.as(role, password, database, "account", "list");
    }

    private static void refused(Answer answer, String words) {
        assertThat(answer).isEqualTo(new Answer(1, "", words));
    }
}
