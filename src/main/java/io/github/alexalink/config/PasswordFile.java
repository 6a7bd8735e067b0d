package io.github.alexalink.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;
import java.util.logging.Logger;

/**
 * The database's password in a file. Tools that print properties, the environment or JMX do not show it. It is read for
 * every new connection, so a DBA may change the password while Tomcat runs.
 */
final class PasswordFile {

    static final String SETTING = "alexa.db.password.file";

    private static final Logger log = Logger.getLogger(PasswordFile.class.getName());
    private static final int MOST_BYTES = 4096;
    private static final String UTF_16 =
            "it is UTF-16, as PowerShell writes it, and not UTF-8: iconv -f UTF-16 -t UTF-8";

    private PasswordFile() {}

    /**
     * Returns the password, without the line end after it.
     *
     * @throws IOException if the file will not do; its message says why
     */
    static String read(Path file) throws IOException {
        byte[] bytes;
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            if (!attributes.isRegularFile()) { // opening a pipe would wait for a writer
                throw refused(file, attributes.isDirectory() ? "it is a folder" : "it is no regular file");
            }
            try (InputStream stream = Files.newInputStream(file)) {
                bytes = stream.readNBytes(MOST_BYTES + 1);
            }
        } catch (NoSuchFileException missing) {
            throw refused(file, "there is no such file");
        } catch (AccessDeniedException denied) {
            throw refused(file, "Tomcat's user may not read it");
        } catch (FileSystemException broken) {
            throw refused(file, "it cannot be read (" + broken.getReason() + ")");
        }
        if (bytes.length > MOST_BYTES) {
            throw refused(file, "it is larger than 4 KiB");
        }
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException notUtf8) {
            throw refused(file, whyNotUtf8(bytes));
        }
        String password = text.replaceFirst("\\r?\\n$", "").replaceFirst("^\uFEFF", ""); // Windows writes that mark
        if (password.isEmpty()) {
            throw refused(file, "it is empty");
        }
        if (password.indexOf('\0') >= 0) {
            throw refused(file, UTF_16);
        }
        if (password.chars().anyMatch(character -> character == '\n' || character == '\r')) {
            throw refused(file, "it has more than one line");
        }
        if (Letters.areLost(password)) {
            throw refused(file, "letters of it are lost: an editor wrote U+FFFD for them. Type the password again");
        }
        return password;
    }

    private static String whyNotUtf8(byte[] bytes) {
        String start = new String(bytes, 0, Math.min(2, bytes.length), StandardCharsets.ISO_8859_1);
        return Set.of("\u00FF\u00FE", "\u00FE\u00FF").contains(start)
                ? UTF_16
                : "it is not UTF-8. If it is Latin-1: iconv -f LATIN1 -t UTF-8";
    }

    /** Warns, and does not refuse: in a container every user can read a secret, and there is only one. */
    static void warnIfOthersCanRead(Path file) {
        PosixFileAttributeView view = Files.getFileAttributeView(file, PosixFileAttributeView.class);
        try {
            if (view != null && view.readAttributes().permissions().contains(PosixFilePermission.OTHERS_READ)) {
                log.warning(() -> SETTING + " [" + file + "] can be read by every user of this machine: chmod o= "
                        + file + ". In a container without other users, leave it as it is");
            }
        } catch (IOException gone) {
            // the next read reports it
        }
    }

    private static IOException refused(Path file, String why) {
        return new IOException(SETTING + " is [" + file + "]: " + why + ". It must be " + DatabaseSettings.PASSWORD_FILE
                + ", and readable by the user that Tomcat runs as, [" + System.getProperty("user.name") + "]");
    }
}
