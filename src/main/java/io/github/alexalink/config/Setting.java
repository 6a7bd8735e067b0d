package io.github.alexalink.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Describes a setting, for the program and for the table in {@code docs/operator.md}. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Setting {

    /**
     * The name in a context descriptor and in the system properties. In the environment alexa.db.url is ALEXA_DB_URL.
     */
    String name();

    /** The value if the operator sets none; empty if there is no default. */
    String fallback() default "";

    /** Which values are accepted, in words that follow "it must be". */
    String limit();

    /** One or more sentences for the operator. */
    String sentence();

    /** Whether the value is never printed. */
    boolean secret() default false;
}
