#!/bin/sh
# Tailscale Funnel, 1.52 or later, on the machine with Tomcat. Run once: --bg keeps it over a restart. Not run here.
# alexa.issuer is the name of the machine: https://music.tailnet-name.ts.net/alexa. Funnel knows the ports 443, 8443 and
# 10000; with another than 443 it stands in alexa.issuer too.
#
# Funnel cannot name paths: --set-path=/alexa takes all that begins with it, and --set-path=/alexa/token as well. It takes
# "..;" for a name and Tomcat for "..", so /alexa/..;/ would publish every other WAR of the Tomcat. Therefore nginx stands
# between the two, with the paths by name. In /etc/nginx/conf.d/alexa-link-funnel.conf:
#     server {
#         listen 127.0.0.1:8096;
#         # Tailscale sets X-Forwarded-For anew; only from this machine it is believed.
#         set_real_ip_from 127.0.0.1;
#         real_ip_header X-Forwarded-For;
#         # nginx.conf of this folder. It says http to Tomcat; alexa.war does not mind, alexa.issuer is what counts.
#         include snippets/alexa-link.conf;
#         location / { return 404; }
#     }
# A Tomcat with nothing but alexa.war in it (no ROOT, no manager, no music server) can do without nginx:
#     tailscale funnel --bg --set-path=/alexa http://127.0.0.1:8080/alexa
#
# What an earlier version of this file set up stays until "tailscale funnel reset" takes it away, with all else that
# Funnel has.
# Check, from outside the tailnet:
#     curl -i https://music.tailnet-name.ts.net/alexa/token
#     405, and JSON with "error":"invalid_request". 404 with few words is Tailscale's, 502: nginx or Tomcat is not there.
#     curl -s https://music.tailnet-name.ts.net/.well-known/oauth-authorization-server/alexa
#     begins with {"issuer":"https://music.tailnet-name.ts.net/alexa"
#     curl --path-as-is -i 'https://music.tailnet-name.ts.net/alexa/..;/alexa/health'
#     404 from nginx. JSON with "status" has come out of /alexa/ and in again: every other WAR of the Tomcat is public.
set -eu

tailscale funnel --bg http://127.0.0.1:8096

tailscale funnel status
