/**
 * The demo neighbour: a small music server that is not ours and knows nothing of OAuth. What it asks of a caller is in
 * its {@code web.xml}, as roles. It also plays Amazon's part for a person without one, at {@code /linked}.
 */
package musicserver;
