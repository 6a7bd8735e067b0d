/** The WAR in a Tomcat of an operator: dropped in, deployed by the manager, restarted, redeployed. */
package io.github.alexalink.deploy;
