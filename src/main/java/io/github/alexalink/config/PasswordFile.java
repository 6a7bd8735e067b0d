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
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;
import java.util.logging.Logger;

/**
 * A password in a file. Tools that print properties, the environment or JMX do not show it. The WAR reads the database's
 * password for every new connection, so a DBA may change it while Tomcat runs.
 */
public final class PasswordFile {

    static final String SETTING = "alexa.db.password.file";

    private static final Logger log = Logger.getLogger(PasswordFile.class.getName());
    private static final int MOST_BYTES = 4096;
    private static final String UTF_16 =
            "it is UTF-16, as PowerShell writes it, and not UTF-8: iconv -f UTF-16 -t UTF-8";

    private PasswordFile() {}

    /** Why a file has no password that can be used. The message does not repeat what is in it. */
    public static final class Unfit extends Exception {
        private static final long serialVersionUID = 1L;

        Unfit(String why) {
            super(why, null, false, false);
        }
    }

    /**
     * Returns the database's password.
     *
     * @throws IOException if the file will not do; its message says why
     */
    static String read(Path file) throws IOException {
        try {
            // opening a pipe would wait for a writer
            if (!Files.isDirectory(file) && Files.exists(file) && !Files.isRegularFile(file)) {
                throw new Unfit("it is no regular file");
            }
            return contentOf(file);
        } catch (Unfit unfit) {
            throw new IOException(
                    SETTING + " is [" + file + "]: " + unfit.getMessage() + ". It must be "
                            + DatabaseSettings.PASSWORD_FILE + ", and readable by the user that Tomcat runs as, ["
                            + System.getProperty("user.name") + "]",
                    unfit);
        }
    }

    /** The password in a file or a pipe, without the line end after it. */
    public static String contentOf(Path file) throws Unfit, IOException {
        try (InputStream stream = Files.newInputStream(file)) {
            return contentOf(stream);
        } catch (NoSuchFileException missing) {
            throw new Unfit("there is no such file");
        } catch (AccessDeniedException denied) {
            throw new Unfit("[" + System.getProperty("user.name") + "] may not read it");
        } catch (FileSystemException broken) {
            throw new Unfit("it cannot be read (" + broken.getReason() + ")");
        } catch (IOException broken) {
            if (Files.isDirectory(file)) { // Linux opens one, and then does not read it
                throw new Unfit("it is a folder");
            }
            throw broken;
        }
    }

    /** The password in a stream, without the line end after it. */
    public static String contentOf(InputStream stream) throws Unfit, IOException {
        byte[] bytes = stream.readNBytes(MOST_BYTES + 1);
        if (bytes.length > MOST_BYTES) {
            throw new Unfit("it is larger than 4 KiB");
        }
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException notUtf8) {
            throw new Unfit(whyNotUtf8(bytes));
        }
        String password = text.replaceFirst("\\r?\\n$", "").replaceFirst("^\uFEFF", ""); // Windows writes that mark
        if (password.isEmpty()) {
            throw new Unfit("it is empty");
        }
        if (password.indexOf('\0') >= 0) {
            throw new Unfit(UTF_16);
        }
        if (password.chars().anyMatch(character -> character == '\n' || character == '\r')) {
            throw new Unfit("it has more than one line");
        }
        if (Letters.areLost(password)) {
            throw new Unfit("letters of it are lost: an editor wrote U+FFFD for them. Type the password again");
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
        if (othersCanRead(file)) {
            log.warning(() -> SETTING + " [" + file + "] can be read by every user of this machine: chmod o= " + file
                    + ". In a container without other users, leave it as it is");
        }
    }

    /** Whether every user of this machine can read it. */
    public static boolean othersCanRead(Path file) {
        PosixFileAttributeView view = Files.getFileAttributeView(file, PosixFileAttributeView.class);
        try {
            return view != null && view.readAttributes().permissions().contains(PosixFilePermission.OTHERS_READ);
        } catch (IOException gone) {
            return false; // the next read reports it
        }
    }
}
