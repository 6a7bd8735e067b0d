package io.github.alexalink.operator;

import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import org.json.JSONStringer;

/** Why somebody does not see the operator's page, and what they can do. A stranger reads it, too. */
enum Refused {
    METHOD(405, "This page can only be read", "Ask for it by GET."),
    NOT_HTTPS(403, "Open this page by https", """
            It asks for a password, and what came to this server was plain http, in which others on the way could read it:
                ISSUER/operator
            Or read it on the machine itself:
                curl -u NAME http://127.0.0.1:PORTPATH/operator
            or with your browser through a tunnel to it, at http://localhost:PORTPATH/operator:
                ssh -L PORT:127.0.0.1:PORT MACHINE"""),
    CROSS_SITE(403, "Another site's page asked for this one", "Open it yourself:\n    ISSUER/operator"),
    WRONG(
            401,
            "Sign in to see the operator's page",
            "User name or password is missing or wrong, or several wrong passwords have locked the name for a while."),
    ROLE(403, "This account may not see the operator's page", """
            It needs the role alexa-operator. On the machine with the database:
                sudo java -jar alexa.war account role NAME alexa-operator
            If a directory has your accounts, put this one into the group of that name there. A browser keeps the password until its last window is closed: a private window asks again."""),
    TOO_MANY(429, "Too many tries", "Wait a minute."),
    UNAVAILABLE(
            503,
            "The database did not answer, so nobody can sign in",
            "On the machine with Tomcat this says why:\n    sudo java -jar alexa.war check");

    private final int status;
    private final String title;
    private final String todo;

    Refused(int status, String title, String todo) {
        this.status = status;
        this.title = title;
        this.todo = todo;
    }

    int status() {
        return status;
    }

    /**
     * What they can do.
     *
     * @param port at which Tomcat listens
     * @param more that is known of this request; may be empty
     */
    String todo(URI issuer, int port, String contextPath, String more) {
        return todo.replace("ISSUER", issuer.toString())
                        .replace("PORT", Integer.toString(port))
                        .replace("PATH", contextPath)
                + (more.isEmpty() ? "" : "\n" + more);
    }

    Map<String, Object> model(String whatToDo) {
        return new HashMap<>(Map.of("title", title, "todo", Overview.lines(whatToDo)));
    }

    String json(String whatToDo) {
        return new JSONStringer()
                .object()
                .key("says")
                .value(title)
                .key("do")
                .value(whatToDo.replaceAll("(?m)^ {4}", ""))
                .endObject()
                .toString();
    }
}
