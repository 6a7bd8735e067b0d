package io.github.alexalink.signin;

import jakarta.servlet.ServletContext;
import java.util.Arrays;
import java.util.stream.Stream;
import org.apache.catalina.Globals;
import org.apache.catalina.Realm;
import org.apache.catalina.WebResourceRoot;
import org.apache.catalina.realm.CombinedRealm;
import org.apache.catalina.realm.DataSourceRealm;
import org.apache.catalina.realm.LockOutRealm;

/** The Realm that Tomcat has for a web application: of its own context, or else of the Host or the Engine around it. */
public final class ContextRealm {

    private static final String OUR_TABLE = "alexa.realm_account";

    private ContextRealm() {}

    static Realm of(ServletContext context) {
        WebResourceRoot resources = (WebResourceRoot) context.getAttribute(Globals.RESOURCES_ATTR);
        return resources.getContext().getRealm();
    }

    /** Whether a LockOutRealm is in it, so that nobody can guess passwords without end. */
    public static boolean locksOut(ServletContext context) {
        return all(of(context)).anyMatch(LockOutRealm.class::isInstance);
    }

    /** Whether it asks for people elsewhere than in alexa.realm_account: in a directory or a table of the operator's own. */
    public static boolean isOperators(ServletContext context) {
        return all(of(context))
                .filter(realm -> !(realm instanceof CombinedRealm))
                .anyMatch(realm -> !(realm instanceof DataSourceRealm ours && OUR_TABLE.equals(ours.getUserTable())));
    }

    private static Stream<Realm> all(Realm realm) {
        return realm instanceof CombinedRealm several
                ? Stream.concat(
                        Stream.of(realm),
                        Arrays.stream(several.getNestedRealms()).flatMap(ContextRealm::all))
                : Stream.of(realm);
    }
}
