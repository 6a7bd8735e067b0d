/** A web application that is not ours and guards itself with Spring Security, as the Airsonic family does. */
package springneighbour;
