/**
 * Proof that size does not matter: every statement on a big database, the cost of a refresh at a thousand links and at a
 * million, and twenty million rows dropped under load. The ordinary run tries a small one; the benches run when asked.
 */
package io.github.alexalink.scale;
