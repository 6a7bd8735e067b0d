/** Web applications beside Alexa Link, for the tests: they print what the container tells them about a caller. */
package neighbour;
