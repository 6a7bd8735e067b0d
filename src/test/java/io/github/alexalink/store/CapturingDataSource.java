package io.github.alexalink.store;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.sql.DataSource;

/**
 * A data source that notes every prepared statement with its parameters, and undoes its changes: closing a connection
 * rolls it back, so that the statement finds the same rows when the test explains it.
 */
final class CapturingDataSource {

    private final DataSource real;
    private final List<Captured> captured = new ArrayList<>();

    CapturingDataSource(DataSource real) {
        this.real = real;
    }

    /** A parameter as the driver sends it; the planner sees its type too. */
    record Parameter(String type, String literal) {

        static Parameter of(String setter, Object value) throws SQLException {
            String type =
                    switch (setter) {
                        case "setString" -> "varchar";
                        case "setBytes" -> "bytea";
                        case "setBoolean" -> "boolean";
                        case "setObject" ->
                            value instanceof OffsetDateTime
                                    ? "timestamptz"
                                    : value instanceof Integer ? "integer" : value == null ? "unknown" : "uuid";
                        case "setArray" -> value == null ? "unknown" : ((Array) value).getBaseTypeName() + "[]";
                        default -> throw new IllegalStateException("teach CapturingDataSource about " + setter);
                    };
            if (value == null) {
                return new Parameter(type, "NULL");
            }
            String text = value instanceof byte[] bytes ? "\\x" + HexFormat.of().formatHex(bytes) : value.toString();
            return new Parameter(type, "'" + text.replace("'", "''") + "'");
        }
    }

    /** One statement of the WAR. */
    record Captured(String sql, List<Parameter> parameters) {

        /** The PREPARE statement, with the types that pgjdbc sends. */
        String prepare() {
            StringBuilder numbered = new StringBuilder();
            String[] parts = sql.split("\\?", -1);
            if (parts.length != parameters.size() + 1) {
                throw new IllegalStateException("a question mark that is no parameter: " + sql);
            }
            for (int i = 0; i < parts.length; i++) {
                numbered.append(i == 0 ? "" : "$" + i).append(parts[i]);
            }
            return "PREPARE of_the_war" + listed(Parameter::type) + " AS " + numbered;
        }

        String execute() {
            return "EXECUTE of_the_war" + listed(Parameter::literal);
        }

        private String listed(java.util.function.Function<Parameter, String> part) {
            return parameters.isEmpty()
                    ? ""
                    : parameters.stream().map(part).collect(Collectors.joining(", ", "(", ")"));
        }
    }

    List<Captured> captured() {
        return List.copyOf(captured);
    }

    DataSource source() {
        return proxy(
                DataSource.class,
                (proxy, method, arguments) -> method.getName().equals("getConnection")
                        ? connection(real.getConnection())
                        : call(real, method, arguments));
    }

    private Connection connection(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        return proxy(Connection.class, (proxy, method, arguments) -> {
            if (method.getName().equals("close")) {
                connection.rollback();
            }
            Object answer = call(connection, method, arguments);
            return answer instanceof PreparedStatement statement ? statement(statement, (String) arguments[0]) : answer;
        });
    }

    private PreparedStatement statement(PreparedStatement statement, String sql) {
        Map<Integer, Parameter> bound = new TreeMap<>();
        return proxy(PreparedStatement.class, (proxy, method, arguments) -> {
            if (method.getName().startsWith("set") && arguments.length == 2) {
                bound.put((Integer) arguments[0], Parameter.of(method.getName(), arguments[1]));
            } else if (method.getName().startsWith("execute")) {
                captured.add(new Captured(
                        sql,
                        IntStream.rangeClosed(1, bound.size())
                                .mapToObj(bound::get)
                                .toList()));
            }
            return call(statement, method, arguments);
        });
    }

    private static Object call(Object target, Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException refused) {
            throw refused.getCause();
        }
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }
}
