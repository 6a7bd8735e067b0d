package io.github.alexalink.diagnosis;

import java.nio.file.Path;

/** Lines to paste that look for something in the logs of Tomcat. Debian lets only root and group adm list that folder. */
public final class TomcatLogs {

    private TomcatLogs() {}

    /**
     * The last lines that have one of these words, if it is known where this Tomcat writes.
     *
     * @param words as {@code grep -E} takes them
     * @param files a pattern of the shell
     */
    public static String lastLines(int count, String words, Path logs, String files) {
        String plain = logs + "/" + files.replace("*", "");
        return Shell.word(plain).equals(plain) && !words.contains("'") && !words.matches("(?s).*[\"$`\\\\\\n].*")
                ? line(count, words, logs + "/" + files)
                // the folder and the words are arguments of that shell, which reads them as they are
                : "\n    sudo sh -c 'grep -Ehs -- \"$1\" \"$0\"/" + files + " | tail -" + count + "' "
                        + Shell.word(logs.toString()) + " " + Shell.word(words);
    }

    /** The last lines of the WAR's log with these words, on another machine: where the tarball and Debian's package write. */
    public static String lastLines(int count, String words) {
        return line(count, words, "/opt/tomcat/logs/catalina*.log /var/log/tomcat*/catalina*.log");
    }

    private static String line(int count, String words, String files) {
        return "\n    sudo sh -c \"grep -Ehs '" + words + "' " + files + " | tail -" + count + "\"";
    }
}
