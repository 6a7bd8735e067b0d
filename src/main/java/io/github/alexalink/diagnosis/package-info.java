/**
 * Says why linking fails: what is checked, one record per cause, as text and as JSON. {@code java -jar alexa.war check}
 * and {@code console --compare} print it. This package knows no servlet and sends no statement of its own.
 */
package io.github.alexalink.diagnosis;
