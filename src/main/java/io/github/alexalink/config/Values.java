package io.github.alexalink.config;

import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** Reads the components of a record of settings by their names, and prints them. */
final class Values {

    private final Class<? extends Record> settings;
    private final UnaryOperator<String> source;

    Values(Class<? extends Record> settings, UnaryOperator<String> source) {
        this.settings = settings;
        this.source = source;
    }

    /** The parsed value of a component; the parser returns an empty result for a value that will not do. */
    <T> T read(String component, Function<String, Optional<T>> parser) throws Settings.BadSetting {
        return read(component, parser, Settings::withoutPassword);
    }

    /**
     * Reads a value that may contain a secret.
     *
     * @param shown the part of a refused value that may be shown
     */
    <T> T read(String component, Function<String, Optional<T>> parser, UnaryOperator<String> shown)
            throws Settings.BadSetting {
        Setting setting = setting(component);
        String value = source.apply(setting.name());
        boolean missing = value == null || value.isBlank();
        String text = missing ? setting.fallback() : setting.secret() ? value : Letters.trimmed(value);
        if (Letters.areLost(text)) {
            throw new Settings.BadSetting(setting.name()
                    + (setting.secret() ? ": " : " is [" + shown.apply(text) + "]: ")
                    + Letters.whyLost());
        }
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

    /** Every setting with its value; a secret as {@code <set>} or {@code <not set>}. */
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
