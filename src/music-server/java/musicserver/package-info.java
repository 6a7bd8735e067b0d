/**
 * The demo neighbour: a web application that is not ours. It also plays Amazon's part for a person without one, at
 * {@code /linked}.
 */
package musicserver;
