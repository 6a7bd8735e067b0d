# CATALINA_BASE/bin/setenv.sh: catalina.sh reads it before it starts Java. For any sh.
# Everything is put before CATALINA_OPTS, so that what is there already wins: CATALINA_OPTS=-Xmx1g catalina.sh run
# JAVA_OPTS would go to "catalina.sh stop" and "version" as well.
# No password here: every user who may list processes can read a -D. Settings are in conf/catalina.properties.

# Which Java: catalina.sh has not looked for it yet. The file beside it is enough, and no second JVM has to start; a
# Java from the PATH is asked. 0 if neither answers; then nothing below depends on it.
java_major=
if [ -r "${JRE_HOME:-${JAVA_HOME:-/nonexistent}}/release" ]; then
    java_major=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "${JRE_HOME:-$JAVA_HOME}/release")
elif [ -z "${JRE_HOME:-}${JAVA_HOME:-}" ]; then
    java_major=$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p')
fi
java_major=${java_major:-0}

# The heap is for all that is in this Tomcat. alexa.war needs 20 MB of it, and 80 MB more while all 1000 connections of
# server.xml are in use; the rest is the music server's. Without a limit Java takes up to a quarter of the machine.
# It starts small and grows when it must: otherwise Java begins with all of it and fills it with what starting leaves
# behind, 50 MB that are held for ever (docs/performance.md).
case " ${CATALINA_OPTS:-} " in
*" -Xmx"*) ;;
*" -Xms"*) CATALINA_OPTS="-Xmx256m $CATALINA_OPTS" ;;
*) CATALINA_OPTS="-Xms32m -Xmx256m ${CATALINA_OPTS:-}" ;;
esac

# The collector for small heaps: less memory beside the heap, no threads of its own, pauses of milliseconds. Not where
# the operator chose one: Java refuses to start with two.
case " $CATALINA_OPTS " in
*" -XX:+Use"*"GC "*) ;;
*) CATALINA_OPTS="-XX:+UseSerialGC $CATALINA_OPTS" ;;
esac

# Out of memory, Java goes on with some of its threads dead: Alexa would wait for an answer that never comes, and
# systemd would not restart it. So it ends, and systemd starts it again (systemd/tomcat.service.d). No heap dump: it
# would hold passwords and tokens.
CATALINA_OPTS="-XX:+ExitOnOutOfMemoryError $CATALINA_OPTS"

# A thread per request that costs next to nothing, from Java 21 on: read by the Connector in server.xml.
if [ "$java_major" -ge 21 ]; then
    CATALINA_OPTS="-Dtomcat.virtualThreads=true $CATALINA_OPTS"
    # Before 24 a virtual thread that waits inside synchronized keeps a real one, of which there are as many as
    # processors: two slow requests of a music server would hold up all others on a small machine.
    if [ "$java_major" -lt 24 ]; then
        CATALINA_OPTS="-Djdk.virtualThreadScheduler.parallelism=64 $CATALINA_OPTS"
    fi
fi
