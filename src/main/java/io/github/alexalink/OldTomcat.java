package io.github.alexalink;

/**
 * Says in one line that this Tomcat is too old. It implements nothing, so that Tomcat 9, where all types of
 * {@code jakarta.servlet} are missing, can load it; a Tomcat that will do makes one and ignores it.
 */
public final class OldTomcat {

    public OldTomcat() {
        try {
            Class.forName("jakarta.servlet.ServletContext", false, OldTomcat.class.getClassLoader());
        } catch (ClassNotFoundException old) {
            throw new TooOld("Alexa Link does not start: it needs Tomcat 10.1 or 11, and this is " + server());
        }
    }

    private static String server() {
        try {
            return (String) Class.forName("org.apache.catalina.util.ServerInfo")
                    .getMethod("getServerInfo")
                    .invoke(null);
        } catch (ReflectiveOperationException hidden) {
            return "an older one";
        }
    }

    /** Stops the context. Nothing but its message is worth reading. */
    private static final class TooOld extends RuntimeException {
        private static final long serialVersionUID = 1L;

        TooOld(String message) {
            super(message, null, false, false);
        }
    }
}
