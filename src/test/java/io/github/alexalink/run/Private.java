package io.github.alexalink.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.util.Base64;

/**
 * Secrets, and files and folders that only their owner can read from the first moment on. A mode that is changed after
 * the file was made would be too late: somebody may have it open by then.
 */
public final class Private {

    private Private() {}

    /** Writes a file, in the place of an older one. The JDK gives its temporary files to their owner only. */
    public static Path write(Path file, String text) throws IOException {
        Path made = Files.createTempFile(file.getParent(), file.getFileName().toString(), null);
        Files.writeString(made, text);
        return Files.move(made, file, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Makes a folder unless it is there. */
    public static void createFolder(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            Files.createDirectories(folder.getParent());
            Files.move(Files.createTempDirectory(folder.getParent(), "new"), folder);
        }
    }

    /** A password of that many random bytes, in letters, digits, minus and underscore. */
    public static String random(int bytes) {
        byte[] random = new byte[bytes];
        new SecureRandom().nextBytes(random);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(random);
    }
}
