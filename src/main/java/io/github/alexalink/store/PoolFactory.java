package io.github.alexalink.store;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.util.PropertyElf;
import java.util.Collections;
import java.util.Hashtable;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.Callable;
import javax.naming.Context;
import javax.naming.Name;
import javax.naming.RefAddr;
import javax.naming.Reference;
import javax.naming.spi.ObjectFactory;
import javax.sql.DataSource;

/**
 * Makes the pool of the {@code Resource} in {@code context.xml}, as HikariCP's own factory would, but does not open it
 * yet. Tomcat looks the pool up before the settings can be read, from the environment or from a {@code <Parameter>}. A
 * missing setting would then be a warning with a stack trace instead of a line that helps.
 */
public final class PoolFactory implements ObjectFactory {

    @Override
    public Object getObjectInstance(Object resource, Name name, Context context, Hashtable<?, ?> environment) {
        Properties properties = new Properties();
        Set<String> known = PropertyElf.getPropertyNames(HikariConfig.class);
        for (RefAddr attribute : Collections.list(((Reference) resource).getAll())) {
            String type = attribute.getType();
            if (type.startsWith("dataSource.") || known.contains(type)) {
                properties.setProperty(type, attribute.getContent().toString());
            }
        }
        Pool pool = new Pool();
        PropertyElf.setTargetFromProperties(pool, properties);
        return pool;
    }

    /** Whether {@code context.xml} gave this pool no address, so that the settings must. */
    public static boolean isUnfilled(DataSource pool) {
        return pool instanceof Pool hikari
                && hikari.getJdbcUrl() == null
                && hikari.getDataSourceClassName() == null
                && hikari.getDataSource() == null
                && hikari.getDataSourceJNDI() == null;
    }

    /**
     * Sets address and role; the first request for a connection opens the pool.
     *
     * @param password called for every new connection
     */
    public static void fill(DataSource pool, String url, String user, Callable<String> password, int connections) {
        // not in getObjectInstance: a context that then does not start would leave the driver behind in the JVM
        ((Pool) pool).connectTo(url, user, password, connections);
    }
}
