package io.github.alexalink.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.alexalink.fixture.Written;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** {@code ./mvnw test -Dtest=SettingsTableTest -Ddocs.write=true} writes the table anew. */
@DisplayName("The table of settings in docs/operator.md")
class SettingsTableTest {

    @Test
    void the_table_is_what_the_records_say() throws IOException {
        Written.assertSays(Path.of("docs/operator.md"), "settings", table());
    }

    @Test
    void every_component_has_a_name_a_limit_and_a_sentence() {
        assertThat(components()).hasSize(10).allSatisfy(component -> {
            Setting setting = component.getAnnotation(Setting.class);
            assertThat(setting.name()).startsWith("alexa.");
            assertThat(setting.limit()).isNotBlank();
            assertThat(setting.sentence()).isNotBlank().doesNotContain("|");
        });
    }

    @Test
    void no_default_would_be_refused() throws Settings.BadSetting {
        Function<String, String> required = name -> switch (name) {
            case "alexa.issuer" -> "https://music.example.org/alexa";
            case "alexa.db.url" -> "jdbc:postgresql://127.0.0.1:5432/alexa";
            default -> null;
        };
        assertThat(Settings.read(required::apply)).isNotNull();
        assertThat(DatabaseSettings.read(required::apply).pool()).isEqualTo(10);
    }

    private static List<RecordComponent> components() {
        return Stream.of(Settings.class, DatabaseSettings.class)
                .flatMap(settings -> Stream.of(settings.getRecordComponents()))
                .toList();
    }

    private static String table() {
        List<String> lines = new ArrayList<>(List.of("| Setting | Default | What | It must be |", "|---|---|---|---|"));
        for (RecordComponent component : components()) {
            Setting setting = component.getAnnotation(Setting.class);
            lines.add("| `%s` | %s | %s | %s |"
                    .formatted(
                            setting.name(),
                            !setting.fallback().isEmpty()
                                    ? "`" + setting.fallback() + "`"
                                    : setting.secret() ? "empty" : "none: required",
                            setting.sentence(),
                            setting.limit()));
        }
        return String.join("\n", lines);
    }
}
