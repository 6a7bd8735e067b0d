package io.github.alexalink.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.LeftOut;
import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.alexa.Soon;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("thorough")
@Tag("faults")
@DisplayName("The disk with Tomcat's logs is full")
class TheDiskIsFullIT {

    private static final int HOUSEHOLDS = 8;

    /** A small real disk for the logs: when it is full, writes fail with ENOSPC. */
    private static final class SmallDisk implements AutoCloseable {

        private final Path folder;

        SmallDisk(Path folder) throws IOException {
            this.folder = folder;
            String said = run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder.toString());
            if (!said.isEmpty()) {
                String reason = "no disk can be mounted here, root may (" + said.strip() + "): nothing gets full";
                LeftOut.evenInCi(reason);
            }
        }

        /** Fills the disk to the last byte. */
        void fill() throws IOException {
            try (OutputStream ballast = Files.newOutputStream(folder.resolve("ballast"))) {
                while (true) {
                    ballast.write(new byte[512]);
                }
            } catch (IOException full) {
                assertThat(full).hasMessageContaining("No space left");
            }
        }

        void free() throws IOException {
            Files.delete(folder.resolve("ballast"));
        }

        long bytesLeft() throws IOException {
            FileStore disk = Files.getFileStore(folder);
            return disk.getUsableSpace();
        }

        @Override
        public void close() throws IOException {
            run("umount", "-l", folder.toString());
        }

        private static String run(String... command) throws IOException {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            process.onExit().join();
            return said;
        }
    }

    @Test
    void everybody_is_answered_nothing_piles_up_and_the_logs_go_on_when_there_is_room_again() throws Exception {
        try (House house = new House("disk-full")) {
            House.Site tomcat = house.addTomcat();
            Path logs = tomcat.base().resolve("logs");
            try (SmallDisk disk = new SmallDisk(logs)) {
                tomcat.start();
                Traffic traffic = Traffic.start(house, List.of(tomcat.issuer()), HOUSEHOLDS);
                TimeUnit.SECONDS.sleep(2);
                disk.fill();
                TimeUnit.SECONDS.sleep(1);
                Vitals before = Vitals.of(tomcat.handle());
                long asked = traffic.ledger().answers().size();
                TimeUnit.SECONDS.sleep(Faults.times(2, 60));
                assertThat(disk.bytesLeft()).isZero();
                assertThat(Soon.within(30, () -> traffic.ledger().answers().size(), count -> count > asked + 100))
                        .isGreaterThan((int) asked + 100);
                Vitals after = Vitals.of(tomcat.handle());
                Ledger ledger = traffic.stop();
                Audit audit = Audit.of(house, traffic);
                FaultTable.add("disk of the logs full", 1, ledger, audit, FaultTable.NOT_MEASURED);
                System.out.println("faults: disk full: before " + before + "; after " + after);
                ledger.assertOnlyGood();
                ledger.assertInTime();
                audit.assertNothingIsLostOrDoubled();
                assertThat(after.heap()).isLessThan(before.heap() + 4 * 1024);
                assertThat(after.descriptors()).isLessThan(before.descriptors() + 20);

                tomcat.close();
                tomcat.start();
                assertThat(disk.bytesLeft()).as("it starts without any room").isZero();
                disk.free();
                Alexa skill = house.skill(tomcat.issuer(), false);
                assertThat(skill.exchange(house.codes(skill, 1).get(0)).statusCode())
                        .isEqualTo(200);
                String path = "/alexa/" + UUID.randomUUID();
                Alexa.get(tomcat.issuer() + path.substring("/alexa".length()));
                tomcat.close(); // Tomcat writes its buffers now
                assertThat(text(logs, "access")).contains(path);
                assertThat(text(logs, "catalina.")).contains("code [").contains(skill.clientId());
            }
        }
    }

    private static String text(Path logs, String prefix) throws IOException {
        StringBuilder text = new StringBuilder();
        try (Stream<Path> files = Files.list(logs)) {
            for (Path file : files.filter(each -> each.getFileName().toString().startsWith(prefix))
                    .toList()) {
                text.append(Files.readString(file, StandardCharsets.UTF_8));
            }
        }
        return text.toString();
    }
}
