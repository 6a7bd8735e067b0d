/**
 * What a listener sees: FreeMarker templates, their languages and their headers. Every value is escaped by the template
 * engine, nothing on a page runs, and nothing on it comes from elsewhere.
 */
package io.github.alexalink.page;
