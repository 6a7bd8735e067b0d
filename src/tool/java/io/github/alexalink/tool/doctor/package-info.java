/**
 * {@code java -jar alexa.war doctor URL}: looks at the server from outside, as Amazon does, and says why linking fails.
 * {@link io.github.alexalink.tool.doctor.Doctor} has the order of the checks. Nothing here knows the database.
 */
package io.github.alexalink.tool.doctor;
