package io.github.alexalink.diagnosis;

import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.json.JSONWriter;

/**
 * What one check found. It is made to be pasted into a forum, so it has no secret, token, or name of a person in it.
 *
 * @param id names the cause and never changes, because people search for it
 * @param says one sentence
 * @param found the value that was found
 * @param wanted the value beside it
 * @param cure what to do; a line to paste begins with four blanks
 * @param why what it does to linking
 * @param source the page of Amazon's, or the RFC, that wants it so
 */
public record Finding(
        String id,
        Severity severity,
        Vantage vantage,
        String says,
        String found,
        String wanted,
        String cure,
        String why,
        String source) {

    public Finding {
        if (severity.needsAttention()
                && Stream.of(says, found, wanted, cure, why, source).anyMatch(String::isBlank)) {
            throw new IllegalArgumentException(id + " must say what was found and wanted, what to do, and why");
        }
    }

    /** This cause was looked for and is not there. */
    public static Finding ok(String id, Vantage vantage, String says) {
        return plain(id, Severity.OK, vantage, says);
    }

    public static Finding info(String id, Vantage vantage, String says, String found, String wanted) {
        return new Finding(id, Severity.INFO, vantage, says, found, wanted, "", "", "");
    }

    /** This cause was not looked for, because of another one. */
    public static Finding skipped(String id, Vantage vantage, String what, String becauseOf) {
        return plain(id, Severity.SKIPPED, vantage, what + ": not checked, because of " + becauseOf);
    }

    /** This finding with another severity. */
    public Finding as(Severity other) {
        return new Finding(id, other, vantage, says, found, wanted, cure, why, source);
    }

    /** This finding with another text of what to do. */
    Finding with(UnaryOperator<String> otherCure) {
        return new Finding(id, severity, vantage, says, found, wanted, otherCure.apply(cure), why, source);
    }

    private static Finding plain(String id, Severity severity, Vantage vantage, String says) {
        return new Finding(id, severity, vantage, says, "", "", "", "", "");
    }

    public void write(JSONWriter json) {
        json.object()
                .key("id")
                .value(id)
                .key("severity")
                .value(severity.word())
                .key("vantage")
                .value(vantage.word())
                .key("says")
                .value(says)
                .key("found")
                .value(found)
                .key("wanted")
                .value(wanted)
                .key("do")
                .value(cure.replaceAll("(?m)^ {4}", ""))
                .key("why")
                .value(why)
                .key("source")
                .value(source)
                .endObject();
    }
}
