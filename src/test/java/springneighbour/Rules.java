package springneighbour;

import jakarta.servlet.ServletContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configuration.EnableWebSecurity;
import org.springframework.security.oauth2.server.resource.introspection.OpaqueTokenIntrospector;
import org.springframework.security.oauth2.server.resource.introspection.SpringOpaqueTokenIntrospector;
import org.springframework.security.web.SecurityFilterChain;

/** The configuration that docs/music-servers.md gives for such a music server. */
@Configuration
@EnableWebSecurity
public class Rules {

    @Bean
    public SecurityFilterChain api(HttpSecurity http) throws Exception {
        return http.authorizeHttpRequests(requests -> requests.requestMatchers("/read/**")
                        .hasAuthority("SCOPE_music.read")
                        .requestMatchers("/control/**")
                        .hasAuthority("SCOPE_music.control")
                        .anyRequest()
                        .permitAll())
                .oauth2ResourceServer(server -> server.opaqueToken(Customizer.withDefaults()))
                .build();
    }

    @Bean
    public OpaqueTokenIntrospector introspector(ServletContext application) {
        return SpringOpaqueTokenIntrospector.withIntrospectionUri(application.getInitParameter("introspectionUri"))
                .clientId(application.getInitParameter("clientId"))
                .clientSecret(application.getInitParameter("clientSecret"))
                .build();
    }
}
