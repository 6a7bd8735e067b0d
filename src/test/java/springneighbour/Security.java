package springneighbour;

import org.springframework.security.web.context.AbstractSecurityWebApplicationInitializer;

/** Tomcat finds this class in the WAR; it puts Spring Security in front of all requests. */
public final class Security extends AbstractSecurityWebApplicationInitializer {}
