#!/bin/sh
# Tailscale Funnel, 1.52 or later, on the machine with Tomcat. Run once: --bg keeps it over a restart. Not run here.
# alexa.issuer is the name of the machine: https://music.tailnet-name.ts.net/alexa. Funnel knows the ports 443, 8443 and
# 10000; with another than 443 it stands in alexa.issuer too.
# Tailscale sets X-Forwarded-For and -Proto anew, from 127.0.0.1, which the RemoteIpValve of server.xml believes.
# Check, from outside the tailnet:
#     curl -i https://music.tailnet-name.ts.net/alexa/token
#     405, and JSON with "error":"invalid_request". 404 with few words is Tailscale's, 502: Tomcat is not there.
#     curl -s https://music.tailnet-name.ts.net/.well-known/oauth-authorization-server/alexa
#     begins with {"issuer":"https://music.tailnet-name.ts.net/alexa"
set -eu

# Tailscale cuts off what --set-path says; the same path behind the port puts it back. Without it Tomcat sees /token.
tailscale funnel --bg --set-path=/alexa http://127.0.0.1:8095/alexa

# Where RFC 8414 wants the metadata. Without this only clients that configure themselves miss something.
tailscale funnel --bg --set-path=/.well-known/oauth-authorization-server/alexa \
    http://127.0.0.1:8095/.well-known/oauth-authorization-server/alexa

tailscale funnel status
