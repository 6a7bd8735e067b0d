/** What somebody does from the first page to the music, and what is left of it in database and logs. */
package io.github.alexalink.journey;
