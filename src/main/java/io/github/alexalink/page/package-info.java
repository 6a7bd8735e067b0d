/**
 * The pages that a listener sees: FreeMarker templates, their languages and their headers. The template engine escapes
 * every value. No page loads anything from another site, and none runs a script but the one that shows a password, which
 * the policy names by its hash (decision 0014).
 */
package io.github.alexalink.page;
