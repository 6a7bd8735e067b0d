package io.github.alexalink.deploy;

import static io.github.alexalink.fixture.alexa.Replies.assertTokens;
import static io.github.alexalink.fixture.servers.TestDatabase.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.alexa.Alexa;
import io.github.alexalink.fixture.servers.CatalinaBase;
import io.github.alexalink.fixture.servers.TestDatabase;
import io.github.alexalink.fixture.servers.TestServers;
import java.io.File;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.OperateOnDeployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.json.JSONObject;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@DisplayName("Both WARs are deployed through Tomcat's manager, by Arquillian")
@ExtendWith({ManagedTomcat.class, ArquillianExtension.class})
@RunAsClient
class ManagedTomcatIT {

    @Deployment(name = "alexa", order = 1, testable = false)
    static WebArchive alexa() {
        return ShrinkWrap.createFromZipFile(WebArchive.class, new File("target/alexa.war"));
    }

    @Deployment(name = "music-server", order = 2, testable = false)
    static WebArchive musicServer() {
        WebArchive built = ShrinkWrap.createFromZipFile(WebArchive.class, new File("target/alexa-music-server.war"));
        // in the WAR, because the first undeployment deletes a descriptor in conf/Catalina/localhost
        return ShrinkWrap.create(WebArchive.class, "music-server.war")
                .merge(built)
                .addAsManifestResource(new StringAsset(CatalinaBase.WITH_BEARER), "context.xml");
    }

    @Test
    void a_listener_links_and_the_music_server_believes_the_token(
            @ArquillianResource @OperateOnDeployment("alexa") URL alexaUrl,
            @ArquillianResource @OperateOnDeployment("music-server") URL musicServerUrl) {
        assertThat(alexaUrl).hasPath("/alexa/");
        HttpResponse<String> health = Alexa.get(alexaUrl + "health");
        assertThat(health.statusCode()).isEqualTo(200);
        assertThat(new JSONObject(health.body()).toMap())
                .containsEntry("status", "ok")
                .containsKeys("message", "endpoints");
        assertThat(Alexa.get(musicServerUrl.toString()).body()).contains("Demo music server");

        String anna = TestDatabase.unique("anna");
        TestDatabase.addAccountAsShipped(anna, PASSWORD);
        Alexa alexa = Alexa.skill(TestServers.issuer(alexaUrl.getPort()));
        JSONObject tokens = assertTokens(alexa.exchange(alexa.code(anna, PASSWORD)));
        assertTokens(alexa.refresh(tokens.getString("refresh_token")));
        HttpResponse<String> library = Alexa.send(HttpRequest.newBuilder(URI.create(musicServerUrl + "api/library"))
                .header("Authorization", "Bearer " + tokens.getString("access_token"))
                .build());
        assertThat(library.statusCode()).as(library.body()).isEqualTo(200);
    }
}
