package io.github.alexalink.deploy;

import io.github.alexalink.fixture.servers.CatalinaBase;
import io.github.alexalink.fixture.servers.TestServers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Prepares what Arquillian's managed Tomcat needs: a {@code CATALINA_BASE} and the values in arquillian.xml. */
final class ManagedTomcat implements BeforeAllCallback {

    @Override
    public void beforeAll(ExtensionContext context) throws IOException {
        int port = TestServers.freePort();
        String password = UUID.randomUUID().toString();
        Path base = TestServers.folder("managed");
        CatalinaBase.delete(base);
        TestServers.prepareBase(base, port);
        TestServers.addManager(base, "arquillian", password);
        System.setProperty("it.http.port", Integer.toString(port));
        System.setProperty("it.jmx.port", Integer.toString(TestServers.freePort()));
        System.setProperty("it.manager.password", password);
        System.setProperty("it.tomcat.base", base.toString());
    }
}
