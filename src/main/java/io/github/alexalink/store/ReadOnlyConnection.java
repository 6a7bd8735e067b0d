package io.github.alexalink.store;

import com.zaxxer.hikari.SQLExceptionOverride;
import java.sql.SQLException;

/**
 * Tells the pool to forget a connection that would not write. After a failover the old primary still answers, and a
 * connection to it says 25006 to every refresh until it is half an hour old. The pool finds this class by the name in
 * {@code context.xml}. It is asked about every failure, in the thread that has it: so it also tells this thread's turn.
 */
public final class ReadOnlyConnection implements SQLExceptionOverride {

    private static final String READ_ONLY_SQL_TRANSACTION = "25006";

    // in full: what is implemented has an Override of its own
    @java.lang.Override
    public SQLExceptionOverride.Override adjudicate(SQLException failed) {
        Turn.heard(failed);
        return READ_ONLY_SQL_TRANSACTION.equals(failed.getSQLState())
                ? SQLExceptionOverride.Override.MUST_EVICT
                : SQLExceptionOverride.Override.CONTINUE_EVICT;
    }
}
