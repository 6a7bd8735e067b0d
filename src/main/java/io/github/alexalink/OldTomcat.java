package io.github.alexalink;

/**
 * Says in one line that this Tomcat is too old. It implements no interface, so that Tomcat 9, which lacks all types of
 * {@code jakarta.servlet}, can load it. Newer Tomcats create an instance and ignore it.
 */
public final class OldTomcat {

    /** The newest of Tomcat's classes that web.xml names. It came with 10.1.9. */
    private static final String NEWEST_NEEDED = "org.apache.catalina.filters.RateLimitFilter";

    public OldTomcat() {
        String objection = objection();
        if (objection != null) {
            throw new TooOld("Alexa Link does not start: " + objection);
        }
    }

    /** Why the WAR cannot run on this Tomcat; null if it can. */
    static String objection() {
        try {
            Class.forName("jakarta.servlet.ServletContext", false, OldTomcat.class.getClassLoader());
            Class.forName(NEWEST_NEEDED, false, OldTomcat.class.getClassLoader());
            return null;
        } catch (ClassNotFoundException old) {
            return "it needs Tomcat 10.1.9 or later, or 11, and this is " + server();
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
