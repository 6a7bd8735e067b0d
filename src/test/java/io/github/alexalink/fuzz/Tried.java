package io.github.alexalink.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;

/** Counts the inputs that a fuzzer tries, and says for an input that breaks a promise how to try it again. */
final class Tried {

    /** A promise about one input; it throws if the promise is broken. */
    @FunctionalInterface
    interface Promise {
        void check() throws Exception;
    }

    private final String what;
    private final Class<?> fuzzer;
    private final long begun = System.nanoTime();
    private long inputs;

    /**
     * Starts counting.
     *
     * @param what the method that reads the input, in words
     * @param fuzzer the class with the {@code @FuzzTest}
     */
    Tried(String what, Class<?> fuzzer) {
        this.what = what;
        this.fuzzer = fuzzer;
    }

    void one(byte[] input, Promise promise) {
        inputs++;
        try {
            promise.check();
        } catch (Throwable broken) {
            throw new AssertionError(howToTryAgain(input, broken), broken);
        }
    }

    /** Prints one line. Not to System.out, which goes into a file together with Jazzer's output. */
    void say() {
        long seconds = (System.nanoTime() - begun) / 1_000_000_000;
        PrintStream build = new PrintStream(new FileOutputStream(FileDescriptor.err), true, UTF_8);
        build.printf("fuzzed %s: %d inputs in %d s%n", what, inputs, seconds);
    }

    private String howToTryAgain(byte[] input, Throwable broken) {
        String seeds = "src/test/resources/" + fuzzer.getName().replace('.', '/') + "Inputs/" + method();
        return """
                %s broke a promise: %s
                It was tried with %d bytes: [%s]
                To try them again, and in every build from now on, name what is telling about them:
                    echo %s | base64 -d > %s/NAME
                    ./mvnw test -Dtest=%s
                """.formatted(
                        what,
                        broken,
                        input.length,
                        readable(input),
                        Base64.getEncoder().encodeToString(input),
                        seeds,
                        fuzzer.getSimpleName());
    }

    private String method() {
        return Arrays.stream(fuzzer.getDeclaredMethods())
                .filter(method -> method.isAnnotationPresent(FuzzTest.class))
                .map(Method::getName)
                .findFirst()
                .orElseThrow();
    }

    private static String readable(byte[] input) {
        StringBuilder readable = new StringBuilder();
        for (char c : new String(input, ISO_8859_1).toCharArray()) {
            if (c >= ' ' && c <= '~' && c != '\\') {
                readable.append(c);
            } else {
                readable.append(String.format(Locale.ROOT, "\\x%02x", (int) c));
            }
        }
        return readable.toString();
    }
}
