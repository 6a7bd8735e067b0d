package springneighbour;

import org.springframework.security.web.context.AbstractSecurityWebApplicationInitializer;

/** Found by Tomcat in the WAR: it puts Spring Security in front of all. */
public final class Application extends AbstractSecurityWebApplicationInitializer {

    public Application() {
        super(Rules.class);
    }
}
