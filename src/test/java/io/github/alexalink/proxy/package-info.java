/** The proxies that an operator puts in front of Tomcat, with the files we ship for them. */
package io.github.alexalink.proxy;
