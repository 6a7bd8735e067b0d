/** Web applications that are not ours, for the tests: they say what the container tells them of a caller. */
package neighbour;
