package io.github.alexalink.tool;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.StandardCharsets;
import java.nio.charset.UnsupportedCharsetException;
import java.util.Optional;
import java.util.stream.Stream;

/** Standard output or error, which a PrintWriter writes to without ever telling of an error. */
final class Terminal extends OutputStream {

    private final OutputStream out;
    private IOException broken;

    Terminal(FileDescriptor descriptor) {
        out = new FileOutputStream(descriptor);
    }

    PrintWriter writer(Charset charset) {
        return new PrintWriter(this, true, charset);
    }

    @Override
    public void write(int one) {
        write(new byte[] {(byte) one}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
        try {
            if (broken == null) {
                out.write(bytes, offset, length);
            }
        } catch (IOException failed) {
            broken = failed;
        }
    }

    /** Why not all was written. Whoever ends a pipe early, as head does, has read enough. */
    Optional<String> complaint() {
        return Optional.ofNullable(broken)
                .map(IOException::getMessage)
                .filter(message -> !message.contains("Broken pipe") && !message.contains("pipe is being closed"));
    }

    /** The encoding of the terminal; in the locale C, which has letters of ASCII only, UTF-8 all the same. */
    static Charset charset() {
        return isAscii() ? StandardCharsets.UTF_8 : ofTheLocale();
    }

    static boolean isAscii() {
        return ofTheLocale().equals(StandardCharsets.US_ASCII);
    }

    /** The JDK's default is UTF-8 everywhere since JDK 18. */
    private static Charset ofTheLocale() {
        return Stream.of("stdout.encoding", "sun.stdout.encoding", "native.encoding")
                .map(System::getProperty)
                .filter(name -> name != null && !name.isEmpty())
                .findFirst()
                .flatMap(Terminal::named)
                .orElse(StandardCharsets.UTF_8);
    }

    private static Optional<Charset> named(String name) {
        try {
            return Optional.of(Charset.forName(name));
        } catch (IllegalCharsetNameException | UnsupportedCharsetException unknown) {
            return Optional.empty();
        }
    }
}
