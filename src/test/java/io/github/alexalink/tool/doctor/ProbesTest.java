package io.github.alexalink.tool.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.diagnosis.Finding;
import io.github.alexalink.diagnosis.Severity;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("What the doctor says of an issuer that is not the address it looked at")
class ProbesTest {

    private static Finding said(String url, String issuer) {
        return new Probes(Target.of(url), null).issuer(issuer);
    }

    @Test
    void at_amazons_port_the_line_to_paste_sets_the_address_that_was_looked_at() {
        Finding finding = said("https://music.example.org/alexa", "https://old.example.org/alexa");
        assertThat(finding.severity()).isEqualTo(Severity.WARNING);
        assertThat(finding.cure())
                .contains("setup --issuer https://music.example.org/alexa\n", "doctor https://old.example.org/alexa");
    }

    @Test
    void an_address_with_another_port_is_never_the_one_to_set() {
        assertThat(said("https://music.example.org:8443/alexa", "https://old.example.org/alexa")
                        .cure())
                .contains("doctor https://old.example.org/alexa")
                .doesNotContain("setup");
    }

    @Test
    void an_issuer_that_differs_by_amazons_port_alone_is_right() {
        Finding finding = said("https://music.example.org:8443/alexa", "https://music.example.org/alexa");
        assertThat(finding.severity()).isEqualTo(Severity.INFO);
        assertThat(finding.cure()).isEmpty();
    }
}
