/**
 * Asks the database, by statements that are files in {@code sql/statements}. One statement decides and one commit keeps
 * it; no row is read in order to be written back, and the only clock is the database's. Knows no servlet and no
 * endpoint.
 *
 * <p>Sections: RFC 6749 §4.1.2, §4.1.3, §6; RFC 9700 §4.14.
 */
package io.github.alexalink.store;
