package io.github.alexalink.diagnosis;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;

/** Lines to paste that look for something in the logs of Tomcat. Debian lets only root and group adm list that folder. */
public final class TomcatLogs {

    private TomcatLogs() {}

    /** The last lines with these words, if it is known where this Tomcat writes. */
    static String lastLines(int count, String words, Path logs, String files) {
        return line(count, words, logs + "/" + files);
    }

    /** The last lines of the WAR's log with these words, on another machine: where the tarball and Debian's package write. */
    public static String lastLines(int count, String words) {
        return line(count, words, "/opt/tomcat/logs/catalina*.log", "/var/log/tomcat*/catalina*.log");
    }

    private static String line(int count, String words, String... files) {
        return "\n    sudo sh -c \"grep -hs '" + words + "' "
                + Arrays.stream(files).collect(Collectors.joining(" ")) + " | tail -" + count + "\"";
    }
}
