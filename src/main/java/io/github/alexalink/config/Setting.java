package io.github.alexalink.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** What there is to say of a setting, once: the program reads it, and so does the table in {@code docs/operator.md}. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Setting {

    /** As in a context descriptor and in the system properties; alexa.db.url is ALEXA_DB_URL in the environment. */
    String name();

    /** What counts where it is not set; empty where there is nothing to fall back on. */
    String fallback() default "";

    /** What would do, in words that follow "it must be". */
    String limit();

    /** One or more sentences for the operator. */
    String sentence();

    /** Never printed. */
    boolean secret() default false;
}
