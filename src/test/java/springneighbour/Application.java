package springneighbour;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ComponentScan;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.config.annotation.web.configuration.EnableWebSecurity;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.core.userdetails.UsernameNotFoundException;
import org.springframework.web.servlet.config.annotation.EnableWebMvc;
import org.springframework.web.servlet.support.AbstractAnnotationConfigDispatcherServletInitializer;

/** Tomcat finds this class in the WAR; it has Spring find all configurations in this package. */
public final class Application extends AbstractAnnotationConfigDispatcherServletInitializer {

    @Override
    protected Class<?>[] getRootConfigClasses() {
        return new Class<?>[] {Everything.class};
    }

    @Override
    protected Class<?>[] getServletConfigClasses() {
        return new Class<?>[0];
    }

    @Override
    protected String[] getServletMappings() {
        return new String[] {"/"};
    }

    /** All configurations of this WAR, and its users. */
    @Configuration
    @EnableWebMvc
    @EnableWebSecurity
    @ComponentScan
    public static class Everything {

        /** Knows each carl, whose password is secret and who is also an administrator, and each dora, who is disabled. */
        @Bean
        public UserDetailsService users() {
            return name -> {
                if (!name.matches("(carl|dora).*")) {
                    throw new UsernameNotFoundException("nobody of this name");
                }
                return User.withUsername(name)
                        .password("{noop}secret")
                        .roles("USER", "ADMIN")
                        .disabled(name.startsWith("dora"))
                        .build();
            };
        }
    }
}
