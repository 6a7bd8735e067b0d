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
            If you did open it by https, then your proxy does not say so, or Tomcat does not believe the proxy: see forwarded-missing and forwarded-untrusted in docs/operator.md. Until that is mended read the page on the machine itself:
                curl -u NAME http://127.0.0.1:8080PATH/operator
            or with your browser through a tunnel to it, at http://localhost:8080PATH/operator:
                ssh -L 8080:127.0.0.1:8080 MACHINE"""),
    CROSS_SITE(403, "Another site's page asked for this one", "Open it yourself:\n    ISSUER/operator"),
    WRONG(
            401,
            "Sign in to see the operator's page",
            "User name or password is missing or wrong, or several wrong passwords have locked the name for a while."),
    ROLE(403, "This account may not see the operator's page", """
            It needs the role alexa-operator. On the machine with the database:
                java -jar alexa.war account role NAME alexa-operator
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

    private String todo(URI issuer, String contextPath) {
        return todo.replace("ISSUER", issuer.toString()).replace("PATH", contextPath);
    }

    Map<String, Object> model(URI issuer, String contextPath) {
        return new HashMap<>(Map.of("title", title, "todo", Overview.lines(todo(issuer, contextPath))));
    }

    String json(URI issuer, String contextPath) {
        return new JSONStringer()
                .object()
                .key("says")
                .value(title)
                .key("do")
                .value(todo(issuer, contextPath).replaceAll("(?m)^ {4}", ""))
                .endObject()
                .toString();
    }
}
