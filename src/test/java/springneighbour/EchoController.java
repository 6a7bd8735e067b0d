package springneighbour;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.http.HttpServletRequest;
import java.util.concurrent.Callable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.security.core.Authentication;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

/** Prints what Spring says about the caller, one fact a line. */
@RestController
public class EchoController {

    @RequestMapping(path = "/**", produces = MediaType.TEXT_PLAIN_VALUE)
    public String echo(HttpServletRequest http, Authentication caller) {
        if (http.getDispatcherType() == DispatcherType.ERROR) {
            return "an error page of the application";
        }
        return "path " + http.getServletPath() + "\nuser " + http.getRemoteUser() + "\nmay "
                + (caller == null
                        ? "nothing"
                        : caller.getAuthorities().stream()
                                .map(String::valueOf)
                                .sorted()
                                .toList());
    }

    /** Answers in a second dispatch, as a stream of music does. */
    @RequestMapping(path = "/library/later", produces = MediaType.TEXT_PLAIN_VALUE)
    public Callable<String> later(HttpServletRequest http, Authentication caller) {
        return () -> echo(http, caller);
    }

    @RequestMapping(path = "/library/missing")
    public String missing() {
        throw new ResponseStatusException(HttpStatus.NOT_FOUND);
    }
}
