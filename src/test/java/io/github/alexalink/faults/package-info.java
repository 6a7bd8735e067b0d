/**
 * Faults around a server that is in use. Each fault is real and happens while households link and refresh. Every answer
 * is recorded, and the database is then compared with the record. Short with {@code -Pthorough}, long with
 * {@code -Pfaults}.
 */
package io.github.alexalink.faults;
