/** The settings: read, checked and refused in one place. */
package io.github.alexalink.config;
