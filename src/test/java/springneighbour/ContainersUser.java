package springneighbour;

import jakarta.servlet.DispatcherType;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.web.SecurityFilterChain;

/** Takes the container's user for its own, by Spring Security's pre-authentication. */
@Configuration
public class ContainersUser {

    @Bean
    public SecurityFilterChain all(HttpSecurity http) throws Exception {
        return http.authorizeHttpRequests(requests -> requests.dispatcherTypeMatchers(DispatcherType.ERROR)
                        .permitAll()
                        .requestMatchers("/library/**")
                        .hasAuthority("ROLE_music.read")
                        .requestMatchers("/player/**")
                        .hasAuthority("ROLE_music.control")
                        .anyRequest()
                        .denyAll())
                .jee(container -> container.mappableAuthorities("music.read", "music.control"))
                .build();
    }
}
