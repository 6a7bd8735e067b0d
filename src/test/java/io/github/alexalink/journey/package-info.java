/** A listener's way from the first page to the music, and the traces of it in database and logs. */
package io.github.alexalink.journey;
