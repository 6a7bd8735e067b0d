/** The composition root: the only place where the objects are made and connected. */
package io.github.alexalink;
