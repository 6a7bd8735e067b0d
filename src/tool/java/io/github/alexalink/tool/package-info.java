/** {@code java -jar alexa.war}: sets Alexa Link up, and administers it, from a terminal. */
package io.github.alexalink.tool;
