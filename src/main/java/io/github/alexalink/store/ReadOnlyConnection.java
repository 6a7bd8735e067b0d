package io.github.alexalink.store;

import com.zaxxer.hikari.SQLExceptionOverride;
import java.sql.SQLException;

/**
 * Makes the pool drop a connection that cannot write. After a failover the old primary still answers, and a connection
 * to it fails with 25006 at every refresh until it is half an hour old. The pool finds this class by its name in
 * {@code context.xml}. The pool calls it for every failure, in the thread that has it; so it also reports the failure
 * to {@link RequestConnection}.
 */
public final class ReadOnlyConnection implements SQLExceptionOverride {

    private static final String READ_ONLY_SQL_TRANSACTION = "25006";

    // in full, because SQLExceptionOverride has a member type Override
    @java.lang.Override
    public SQLExceptionOverride.Override adjudicate(SQLException failed) {
        RequestConnection.reportFailure(failed);
        return READ_ONLY_SQL_TRANSACTION.equals(failed.getSQLState())
                ? SQLExceptionOverride.Override.MUST_EVICT
                : SQLExceptionOverride.Override.CONTINUE_EVICT;
    }
}
