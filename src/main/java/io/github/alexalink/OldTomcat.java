package io.github.alexalink;

/**
 * Says in one line that this Tomcat is too old. It implements no interface, so that Tomcat 9, which lacks all types of
 * {@code jakarta.servlet}, can load it. Newer Tomcats create an instance and ignore it.
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

    /** Stops the context. Only its message matters. */
    private static final class TooOld extends RuntimeException {
        private static final long serialVersionUID = 1L;

        TooOld(String message) {
            super(message, null, false, false);
        }
    }
}
