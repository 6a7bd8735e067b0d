/** A web application that guards itself with Spring Security, as the Airsonic family does. */
package springneighbour;
