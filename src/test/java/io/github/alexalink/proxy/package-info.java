/** The proxies an operator puts before Tomcat, with the files we ship for them. */
package io.github.alexalink.proxy;
