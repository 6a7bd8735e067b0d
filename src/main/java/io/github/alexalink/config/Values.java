package io.github.alexalink.config;

import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** Reads the components of a record of settings, each by its name, and prints them. */
final class Values {

    private final Class<? extends Record> settings;
    private final UnaryOperator<String> source;

    Values(Class<? extends Record> settings, UnaryOperator<String> source) {
        this.settings = settings;
        this.source = source;
    }

    /** What this component is set to; the parser answers with nothing where that would not do. */
    <T> T read(String component, Function<String, Optional<T>> parser) throws Settings.BadSetting {
        return read(component, parser, Settings::withoutPassword);
    }

    /**
     * Reads one in which a secret may stand.
     *
     * @param shown what may be told of a value that was refused
     */
    <T> T read(String component, Function<String, Optional<T>> parser, UnaryOperator<String> shown)
            throws Settings.BadSetting {
        Setting setting = setting(component);
        String value = source.apply(setting.name());
        boolean missing = value == null || value.isBlank();
        String text = missing ? setting.fallback() : setting.secret() ? value : value.strip();
        Optional<T> parsed = parser.apply(text);
        if (parsed.isEmpty()) {
            throw new Settings.BadSetting(setting.name()
                    + (missing ? " is not set: " : " is [" + shown.apply(text) + "]: ")
                    + "it must be "
                    + setting.limit());
        }
        return parsed.get();
    }

    private Setting setting(String component) {
        for (RecordComponent each : settings.getRecordComponents()) {
            if (each.getName().equals(component)) {
                return each.getAnnotation(Setting.class);
            }
        }
        throw new IllegalArgumentException(component);
    }

    /** Every setting with its value, a secret as set or not set. */
    static String printed(Record settings) {
        List<String> printed = new ArrayList<>();
        for (RecordComponent component : settings.getClass().getRecordComponents()) {
            Setting setting = component.getAnnotation(Setting.class);
            Object value;
            try {
                value = component.getAccessor().invoke(settings);
            } catch (ReflectiveOperationException impossible) {
                throw new IllegalStateException(impossible);
            }
            printed.add(setting.name() + " "
                    + (setting.secret()
                            ? String.valueOf(value).isEmpty() ? "<not set>" : "<set>"
                            : "[" + Settings.withoutPassword(String.valueOf(value)) + "]"));
        }
        return String.join(", ", printed);
    }
}
