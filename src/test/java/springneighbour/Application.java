package springneighbour;

import org.springframework.security.web.context.AbstractSecurityWebApplicationInitializer;

/** Tomcat finds this class in the WAR; it puts Spring Security in front of all requests. */
public final class Application extends AbstractSecurityWebApplicationInitializer {

    public Application() {
        super(Rules.class);
    }
}
