/** The WAR in a Tomcat of an operator: dropped in, restarted, redeployed, and behind the proxies with the files we ship. */
package io.github.alexalink.deploy;
