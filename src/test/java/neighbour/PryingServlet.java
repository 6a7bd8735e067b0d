package neighbour;

import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import javax.management.JMException;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanOperationInfo;
import javax.management.MBeanServer;
import javax.management.MBeanServerFactory;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeData;

/** Prints all that a web application can ask its JVM for without guessing a name: properties, environment, all of JMX. */
@WebServlet("/*")
public final class PryingServlet extends HttpServlet {

    private static final long serialVersionUID = 1L;

    @Override
    protected void doGet(HttpServletRequest http, HttpServletResponse reply) throws IOException {
        reply.setContentType("text/plain;charset=UTF-8");
        PrintWriter out = reply.getWriter();
        System.getProperties().forEach((name, value) -> out.println("property " + name + " = " + value));
        System.getenv().forEach((name, value) -> out.println("environment " + name + " = " + value));
        out.println("command line " + ManagementFactory.getRuntimeMXBean().getInputArguments());
        for (MBeanServer server : MBeanServerFactory.findMBeanServer(null)) {
            for (ObjectName name : server.queryNames(null, null)) {
                print(out, server, name);
            }
        }
    }

    private static void print(PrintWriter out, MBeanServer server, ObjectName name) {
        try {
            for (MBeanAttributeInfo attribute : server.getMBeanInfo(name).getAttributes()) {
                out.println("jmx " + name + " " + attribute.getName() + " = "
                        + (attribute.isReadable() ? value(server, name, attribute.getName()) : "not readable"));
            }
            if (name.getKeyProperty("type") != null
                    && name.getKeyProperty("type").equals("Resource")) {
                out.println("by its name " + name + " password = " + value(server, name, "password"));
            }
            for (MBeanOperationInfo operation : server.getMBeanInfo(name).getOperations()) {
                if (operation.getSignature().length == 0 && operation.getName().startsWith("find")) {
                    out.println("jmx " + name + " " + operation.getName() + "() = "
                            + shown(server.invoke(name, operation.getName(), null, null)));
                }
            }
        } catch (JMException | RuntimeException gone) {
            out.println("jmx " + name + " " + gone);
        }
    }

    private static String value(MBeanServer server, ObjectName name, String attribute) {
        try {
            return shown(server.getAttribute(name, attribute));
        } catch (JMException | RuntimeException | Error refused) {
            return String.valueOf(refused);
        }
    }

    private static String shown(Object value) {
        if (value instanceof Object[] several) {
            return Arrays.stream(several).map(PryingServlet::shown).toList().toString();
        }
        return value instanceof CompositeData several ? several.values().toString() : String.valueOf(value);
    }
}
