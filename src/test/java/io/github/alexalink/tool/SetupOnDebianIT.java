package io.github.alexalink.tool;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.servers.DebianRoom;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("thorough") // apt downloads
@DisplayName("java -jar alexa.war setup, on tomcat10 and postgresql as Debian's apt lays them")
class SetupOnDebianIT {

    private static DebianRoom room;

    @BeforeAll
    static void unzip() throws IOException, InterruptedException {
        room = DebianRoom.open();
        room.bring(zip(), "/root/alexa-link.zip");
        room.done("unzip -q alexa-link.zip && mv alexa-link-*/ alexa-link");
    }

    @AfterAll
    static void close() throws IOException {
        if (room != null) {
            room.close();
        }
    }

    private static Path zip() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("target"))) {
            return files.filter(file -> file.getFileName().toString().matches("alexa-link-.*\\.zip"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    @Test
    void the_room_is_a_debian_of_its_own_with_both_servers() throws Exception {
        assertThat(Alexa.get("http://127.0.0.1:" + room.port() + "/").statusCode())
                .isEqualTo(200);
        assertThat(room.ask("postgres", "SHOW server_encoding")).isEqualTo("UTF8");
        assertThat(room.run("ls alexa-link/target/alexa.war").status()).isZero();
        assertThat(Path.of("/root/alexa-link.zip")).doesNotExist();

        String tomcat = "nsenter -m -r -t $(pgrep -u tomcat java) setpriv --reuid tomcat --regid tomcat --init-groups ";
        assertThat(room.run(tomcat
                        + "touch /etc/tomcat10/Catalina/x /var/log/tomcat10/x && rm -r /etc/tomcat10/Catalina/x"))
                .returns(0, DebianRoom.Said::status);
        assertThat(room.run(tomcat + "touch /var/lib/tomcat10/lib/x").err()).contains("Read-only file system");
        assertThat(room.run("id -un; test -t 0").status()).isEqualTo(1);

        DebianRoom.Said said = room.typed(
                "read -rp 'Name: ' NAME && read -rsp 'Password: ' PASSWORD && echo && echo \"$NAME ${#PASSWORD}\" && exit 3",
                "Name: ",
                "anna",
                "Password: ",
                "secret");
        assertThat(said.out()).endsWith("anna 6\n").doesNotContain("secret");
        assertThat(said.status()).isEqualTo(3);
    }
}
