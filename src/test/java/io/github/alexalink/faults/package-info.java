/**
 * What breaks around a server that is in use: each fault is done for real while households link and refresh, every
 * answer is written down, and the database is then held against what was answered. Short with
 * {@code -Pthorough}, long with {@code -Pfaults}.
 */
package io.github.alexalink.faults;
