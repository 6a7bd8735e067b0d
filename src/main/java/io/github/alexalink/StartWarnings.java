package io.github.alexalink;

import io.github.alexalink.config.Settings;
import io.github.alexalink.config.Usernames;
import jakarta.servlet.ServletContext;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/** What the operator should look at, although this web application starts. */
final class StartWarnings {

    private static final String LOCK_OUT = "org.apache.catalina.realm.LockOutRealm";

    private StartWarnings() {}

    /**
     * A fault of some Tomcats that concerns this web application.
     *
     * @param type the class that has it
     * @param cure a method which that class has since it was mended. A version number would not do: distributors mend
     *     older versions
     */
    private record Fault(String type, String cure, String words) {

        boolean isHere() {
            try {
                for (var method : Class.forName(type).getMethods()) {
                    if (method.getName().equals(cure)) {
                        return false;
                    }
                }
                return true;
            } catch (ClassNotFoundException unused) {
                return false;
            }
        }
    }

    /** Matters only behind a Realm of the operator's own: to ours the WAR gives a name as its account has it. */
    private static final Fault CASE_OF_NAMES = new Fault(
            LOCK_OUT,
            "setCaseSensitive",
            "the LockOutRealm of this Tomcat counts anna, Anna and ANNA as three people (CVE-2026-43513): if the Realm"
                    + " in it ignores case, as LDAP does, nobody is ever locked. Update to Tomcat 10.1.55 or 11.0.22, or"
                    + " later");

    static List<String> of(ServletContext context, Settings settings) {
        List<String> warnings = new ArrayList<>();
        elsewhere(context, settings).ifPresent(warnings::add);
        Realms realms = Realms.of(context);
        if (realms.known() && !realms.lockOut()) {
            warnings.add(
                    "the Realm of this web application has no LockOutRealm around it, so anybody may guess passwords"
                            + " without end: put one around it, as META-INF/context.xml of the WAR has it");
        }
        if (realms.lockOut()
                && realms.operators()
                && settings.usernames() == Usernames.IGNORE_CASE
                && CASE_OF_NAMES.isHere()) {
            warnings.add(CASE_OF_NAMES.words());
        }
        return warnings;
    }

    /** If the WAR answers at another path than the issuer's. */
    static Optional<String> elsewhere(ServletContext context, Settings settings) {
        String path = context.getContextPath();
        String issuer = settings.issuer().getPath();
        return issuer.equals(path)
                ? Optional.empty()
                : Optional.of(
                        "alexa.issuer ends with " + shown(issuer) + " and this web application is at " + shown(path)
                                + ": right only if a proxy leads from the one to the other. Otherwise rename the WAR, or change"
                                + " alexa.issuer");
    }

    private static String shown(String path) {
        return "[" + (path.isEmpty() ? "/" : path) + "]";
    }

    /**
     * The Realms in this context, as Tomcat's JMX shows them; no servlet can ask for them.
     *
     * @param known false if the context has none of its own, or JMX is switched off
     * @param lockOut whether one is a LockOutRealm
     * @param operators whether one is of the operator's own, and not ours on alexa.realm_account
     */
    private record Realms(boolean known, boolean lockOut, boolean operators) {

        static Realms of(ServletContext context) {
            MBeanServer jmx = ManagementFactory.getPlatformMBeanServer();
            boolean known = false;
            boolean lockOut = false;
            boolean operators = false;
            try {
                String path = LogPrefix.path(context);
                ObjectName realms = new ObjectName("*:type=Realm,host=" + LogPrefix.host(context) + ",context="
                        + (path.startsWith("/") ? path : "/" + path) + ",*");
                for (ObjectName name : jmx.queryNames(realms, null)) {
                    String type = String.valueOf(jmx.getAttribute(name, "className"));
                    known = true;
                    if (type.equals(LOCK_OUT)) {
                        lockOut = true;
                    } else if (!type.equals("org.apache.catalina.realm.CombinedRealm") && !isOurs(jmx, name, type)) {
                        operators = true;
                    }
                }
            } catch (JMException hidden) {
                return new Realms(false, false, false);
            }
            return new Realms(known, lockOut, operators);
        }

        private static boolean isOurs(MBeanServer jmx, ObjectName name, String type) throws JMException {
            return type.equals("org.apache.catalina.realm.DataSourceRealm")
                    && "alexa.realm_account".equals(jmx.getAttribute(name, "userTable"));
        }
    }
}
