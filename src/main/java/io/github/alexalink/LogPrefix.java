package io.github.alexalink;

import jakarta.servlet.ServletContext;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;

/**
 * Puts the name of the web application in front of each of its log lines, for example {@code [/alexa##2]}, unless it is
 * plain {@code /alexa}. Otherwise two of them in one Tomcat would log under one name.
 */
final class LogPrefix extends Handler {

    /** Ours, and the pool's. Tomcat's log manager has loggers of these names for each web application. */
    private static final List<Logger> OURS = Stream.of("io.github.alexalink", "com.zaxxer.hikari")
            .map(Logger::getLogger)
            .toList();

    private final String prefix;

    private LogPrefix(String prefix) {
        this.prefix = prefix;
    }

    /** The Host of Tomcat's that this web application is in. */
    static String host(ServletContext context) {
        return context.getVirtualServerName().replaceFirst("^.*/", ""); // Catalina/localhost
    }

    /** {@code /alexa}, and {@code /alexa##2} if Tomcat runs versions of it side by side. */
    static String path(ServletContext context) {
        Object version = context.getAttribute("org.apache.catalina.webappVersion");
        return context.getContextPath() + (version == null || version.equals("") ? "" : "##" + version);
    }

    /** Its path, and in front of it a Host that is not {@code localhost}, the only one most Tomcats have. */
    static String name(ServletContext context) {
        String host = host(context);
        String path = path(context);
        return (host.equals("localhost") ? "" : host) + (path.startsWith("/") ? path : "/" + path);
    }

    static void install(ServletContext context) {
        String name = name(context);
        // another log manager has one logger for all web applications, so the lines of the others would get the name
        // too
        boolean ownLoggers =
                LogManager.getLogManager().getClass().getName().equals("org.apache.juli.ClassLoaderLogManager");
        if (name.equals("/alexa") || !ownLoggers) {
            return;
        }
        for (Logger logger : OURS) {
            if (logger.getUseParentHandlers()) {
                logger.addHandler(new LogPrefix("[" + name + "] "));
                logger.setUseParentHandlers(false);
            }
        }
    }

    @Override
    public void publish(LogRecord line) {
        line.getSourceMethodName(); // looked up in the stack, so before anybody else asks
        line.setMessage(prefix + line.getMessage());
        for (Logger logger = OURS.get(0).getParent(); logger != null; logger = logger.getParent()) {
            for (Handler handler : logger.getHandlers()) {
                handler.publish(line);
            }
            if (!logger.getUseParentHandlers()) {
                return;
            }
        }
    }

    @Override
    public void flush() {
        // each line goes on at once
    }

    @Override
    public void close() {
        // the handlers behind it are Tomcat's
    }
}
