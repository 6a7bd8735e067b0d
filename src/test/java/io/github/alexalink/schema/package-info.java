/** The files in {@code sql/}, run as a DBA runs them. */
package io.github.alexalink.schema;
