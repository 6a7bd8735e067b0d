package springneighbour;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.web.SecurityFilterChain;

/** The chains that such an application has before Alexa comes: one for programs, one for people. */
@Configuration
public class OwnChains {

    @Bean
    @Order(1)
    public SecurityFilterChain programs(HttpSecurity http) throws Exception {
        return http.securityMatcher("/ext/**")
                .authorizeHttpRequests(requests -> requests.anyRequest().hasRole("USER"))
                .httpBasic(Customizer.withDefaults())
                .build();
    }

    @Bean
    @Order(2)
    public SecurityFilterChain people(HttpSecurity http) throws Exception {
        return http.authorizeHttpRequests(requests -> requests.requestMatchers("/open/**")
                        .permitAll()
                        .requestMatchers("/admin/**")
                        .hasRole("ADMIN")
                        .anyRequest()
                        .hasRole("USER"))
                .formLogin(Customizer.withDefaults())
                .build();
    }
}
