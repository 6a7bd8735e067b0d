/**
 * The demo music server: a small web application that knows nothing of OAuth. Its {@code web.xml} says which roles a
 * caller needs. At {@code /linked} it also takes Amazon's part, for people who try things out.
 */
package musicserver;
