package io.github.alexalink.it;

import io.github.alexalink.fixture.TestServers;
import io.github.alexalink.run.CatalinaBase;
import java.io.File;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.extension.ExtendWith;

/** Both WARs, as they are built, in the Tomcat that Arquillian manages. */
@ExtendWith(ArquillianExtension.class)
@RunAsClient
abstract class OnTomcat {

    static final String ISSUER = TestServers.issuer();

    @Deployment(name = "alexa", order = 1, testable = false)
    static WebArchive alexa() {
        return ShrinkWrap.createFromZipFile(WebArchive.class, new File("target/alexa.war"));
    }

    @Deployment(name = "music-server", order = 2, testable = false)
    static WebArchive musicServer() {
        WebArchive built = ShrinkWrap.createFromZipFile(WebArchive.class, new File("target/alexa-music-server.war"));
        // in the WAR: a descriptor in conf/Catalina/localhost goes with the first undeployment
        return ShrinkWrap.create(WebArchive.class, "music-server.war")
                .merge(built)
                .addAsManifestResource(new StringAsset(CatalinaBase.WITH_BEARER), "context.xml");
    }
}
