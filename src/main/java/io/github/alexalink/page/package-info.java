/**
 * The pages that a listener sees: FreeMarker templates, their languages and their headers. The template engine escapes
 * every value. No page runs a script or loads anything from another site.
 */
package io.github.alexalink.page;
