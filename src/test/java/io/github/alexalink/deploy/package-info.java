/** The WAR in an operator's Tomcat: dropped in, deployed by the manager, restarted, redeployed. */
package io.github.alexalink.deploy;
