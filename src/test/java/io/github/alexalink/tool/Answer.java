package io.github.alexalink.tool;

import io.github.alexalink.fixture.servers.TestDatabase;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What the tool answered, called in this JVM.
 *
 * @param status its exit status
 * @param out its standard output
 * @param err its standard error
 */
record Answer(int status, String out, String err) {

    static Answer to(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int status = Tool.run(
                Path.of("target/alexa.war"), new PrintWriter(out, true), new PrintWriter(err, true), arguments);
        return new Answer(status, out.toString(), err.toString());
    }

    /** As a superuser, in a database of the tests. */
    static Answer in(String database, String... arguments) {
        return as(
                TestDatabase.shared().superuserName(), TestDatabase.shared().superuserPassword(), database, arguments);
    }

    static Answer as(String role, String password, String database, String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(2, List.of("--db", address(role, password, database))); // after the command
        return to(all.toArray(String[]::new));
    }

    static String address(String role, String password, String database) {
        return "postgresql://" + encoded(role) + ":" + encoded(password) + "@127.0.0.1:"
                + TestDatabase.shared().port() + "/" + database;
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
