/**
 * What strangers can send, made up by a machine (Jazzer): everything that reads it keeps its promises or refuses. Every
 * class here is one promise about one reader, and its seeds stand in the resources, in {@code <class>Inputs}. The
 * ordinary build replays its seeds; {@code ./mvnw -Pthorough verify} searches for a few seconds and {@code ./mvnw -Pfuzz test} for ten minutes.
 *
 * <p>Sections: RFC 6749 §2.3.1, §3.1, §3.2, §4.1.2, §10.10, appendix B; RFC 7009 §2.1; RFC 7662 §2.1; RFC 9700 §2.1.
 */
package io.github.alexalink.fuzz;
