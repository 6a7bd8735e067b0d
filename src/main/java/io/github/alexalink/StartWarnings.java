package io.github.alexalink;

import io.github.alexalink.config.Settings;
import io.github.alexalink.config.Usernames;
import io.github.alexalink.diagnosis.IssuerPath;
import io.github.alexalink.signin.ContextRealm;
import jakarta.servlet.ServletContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

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
        if (!ContextRealm.locksOut(context)) {
            warnings.add(
                    "the Realm of this web application has no LockOutRealm around it, so anybody may guess passwords"
                            + " without end: put one around it, as META-INF/context.xml of the WAR has it");
        }
        if (ContextRealm.locksOut(context)
                && ContextRealm.isOperators(context)
                && settings.usernames() == Usernames.IGNORE_CASE
                && CASE_OF_NAMES.isHere()) {
            warnings.add(CASE_OF_NAMES.words());
        }
        return warnings;
    }

    /** If the WAR answers at another path than the issuer's. */
    static Optional<String> elsewhere(ServletContext context, Settings settings) {
        return IssuerPath.differs(settings.issuer(), context.getContextPath())
                .map(finding -> finding.says() + ": " + finding.cure());
    }
}
