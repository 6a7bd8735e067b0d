/** The files in {@code sql/}, as a DBA runs them. */
package io.github.alexalink.schema;
