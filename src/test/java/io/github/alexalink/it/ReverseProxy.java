package io.github.alexalink.it;

import io.github.alexalink.run.CatalinaBase;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * The machine's own nginx, Apache httpd, Caddy or HAProxy with the file that we ship for it, in a site that makes it hard:
 * it has error pages of its own, refuses paths that begin with a dot, and writes an access log.
 */
public final class ReverseProxy implements AutoCloseable {

    /** Which one; prints as in the names of the tests. */
    public enum Kind {
        NGINX("nginx-light", "nginx.conf", "/usr/sbin/nginx"),
        APACHE("apache2", "apache.conf", "/usr/sbin/apache2"),
        CADDY("caddy", "alexa-link.caddy", "/usr/bin/caddy"),
        HAPROXY("haproxy", "haproxy.cfg", "/usr/sbin/haproxy"),
        /** The lines for the add-on; the nginx is this machine's and not the add-on's. */
        HOME_ASSISTANT("nginx-light", "home-assistant-nginx.conf", "/usr/sbin/nginx", "192.0.2.10:8095");

        private final String debianPackage;
        private final String shipped;
        private final String program;
        private final String tomcat;

        Kind(String debianPackage, String shipped, String program) {
            this(debianPackage, shipped, program, "127.0.0.1:8095");
        }

        Kind(String debianPackage, String shipped, String program, String tomcat) {
            this.debianPackage = debianPackage;
            this.shipped = shipped;
            this.program = program;
            this.tomcat = tomcat;
        }
    }

    private static final Path SHIPPED = Path.of("tomcat-conf/proxy");
    private static final boolean ROOT = "root".equals(System.getProperty("user.name"));
    private static final Path APACHE_MODULES = Path.of("/usr/lib/apache2/modules");

    private final Process process;
    private final Path folder;
    private final int port;

    private ReverseProxy(Process process, Path folder, int port) {
        this.process = process;
        this.folder = folder;
        this.port = port;
    }

    /**
     * Starts one on all addresses of this machine, before the Tomcat at that port of 127.0.0.1. Where there is none the
     * test is skipped and says so; with {@code CI=true} it fails.
     */
    static ReverseProxy start(Kind kind, LocalAuthority authority, int port, int tomcatPort)
            throws IOException, InterruptedException {
        return start(kind, authority, port, List.of(tomcatPort));
    }

    /** One for plain HTTP, on 127.0.0.1, before a Tomcat; HAProxy takes two. */
    public static ReverseProxy plain(Kind kind, int port, List<Integer> tomcatPorts)
            throws IOException, InterruptedException {
        return start(kind, null, port, tomcatPorts);
    }

    private static ReverseProxy start(Kind kind, LocalAuthority authority, int port, List<Integer> tomcatPorts)
            throws IOException, InterruptedException {
        if (!Files.isExecutable(Path.of(kind.program))) {
            String reason = "no " + kind + " here: apt-get install " + kind.debianPackage + " runs the tests behind it";
            if ("true".equals(System.getenv("CI"))) {
                throw new AssertionError(reason);
            }
            System.out.println("SKIPPED: " + reason);
            Assumptions.abort(reason);
        }
        // not below target: nobody, whom it becomes where root starts it, may not be able to look into a checkout
        Path folder = Files.createTempDirectory("proxy");
        String shipped = Files.readString(SHIPPED.resolve(kind.shipped));
        if (!shipped.contains(kind.tomcat)) {
            throw new AssertionError(kind.shipped + " leads elsewhere");
        }
        Path snippet = Files.writeString(
                folder.resolve(kind.shipped),
                shipped.replace(kind.tomcat, "127.0.0.1:" + tomcatPorts.get(0))
                        .replace("192.0.2.11:8095", "127.0.0.1:" + tomcatPorts.get(tomcatPorts.size() - 1)));
        Path config = folder.resolve("proxy.conf");
        Files.writeString(
                config,
                switch (kind) {
                    case NGINX, HOME_ASSISTANT -> nginx(folder, authority, port, snippet);
                    case APACHE -> apache(folder, authority, port, snippet);
                    case CADDY -> caddy(folder, authority, port, snippet);
                    case HAPROXY -> haproxy(folder, authority, port, snippet);
                });
        List<String> command =
                switch (kind) {
                    case NGINX, HOME_ASSISTANT ->
                        List.of(kind.program, "-p", folder + "/", "-e", folder + "/error.log", "-c", config.toString());
                    case APACHE ->
                        List.of(kind.program, "-d", folder.toString(), "-f", config.toString(), "-DFOREGROUND");
                    case CADDY -> List.of(kind.program, "run", "--config", config.toString(), "--adapter", "caddyfile");
                    case HAPROXY -> List.of(kind.program, "-db", "-f", config.toString(), "-f", snippet.toString());
                };
        Path log = kind == Kind.HAPROXY
                ? folder.resolve("access.log") // it says where a log goes, and writes none itself
                : Path.of("target/it/proxy-" + kind + ".log");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment()
                .putAll(Map.of(
                        "HOME", folder.toString(),
                        "XDG_DATA_HOME", folder.toString(),
                        "XDG_CONFIG_HOME", folder.toString()));
        ReverseProxy proxy = new ReverseProxy(builder.start(), folder, port);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!proxy.listens()) {
            if (System.nanoTime() > end || !proxy.process.isAlive()) {
                String said = Files.readString(log) + proxy.read("error.log");
                proxy.close();
                throw new AssertionError(kind + " does not listen: " + said);
            }
            TimeUnit.MILLISECONDS.sleep(50);
        }
        return proxy;
    }

    private static String nginx(Path folder, LocalAuthority authority, int port, Path snippet) {
        String temporary = Stream.of("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
                .map(what -> what + "_temp_path " + folder.resolve(what) + ";")
                .collect(Collectors.joining(" "));
        return """
                daemon off;
                pid %s/nginx.pid;
                worker_processes 1;
                %s
                worker_rlimit_nofile 20000;
                events { worker_connections 10000; }
                http {
                    access_log %s/access.log;
                    %s
                    proxy_intercept_errors on;
                    error_page 400 401 403 404 405 503 /ours;
                    server {
                        %s
                        server_name localhost;
                        location ~ /\\. { return 403; }
                        location ~ token$ { return 403; }
                        location = /ours { return 200 "a page of the site"; }
                        location / { return 200 "the site itself"; }
                        include %s;
                    }
                }
                """.formatted(
                        folder,
                        ROOT ? "user nobody nogroup;" : "",
                        folder,
                        temporary,
                        authority == null
                                ? "listen 127.0.0.1:" + port + ";"
                                : "listen 0.0.0.0:" + port + " ssl http2; ssl_certificate " + authority.chain()
                                        + "; ssl_certificate_key " + authority.key() + ";",
                        snippet);
    }

    private static String apache(Path folder, LocalAuthority authority, int port, Path snippet) {
        // some of them are built in, here or there
        String load = Stream.of(
                        "mpm_event",
                        "authz_core",
                        "unixd",
                        "log_config",
                        "setenvif",
                        "headers",
                        "socache_shmcb",
                        "ssl",
                        "http2",
                        "proxy",
                        "proxy_http")
                .filter(name -> Files.exists(APACHE_MODULES.resolve("mod_" + name + ".so")))
                .map(name -> "LoadModule " + name + "_module " + APACHE_MODULES.resolve("mod_" + name + ".so"))
                .collect(Collectors.joining("\n"));
        return """
                ServerRoot %s
                DefaultRuntimeDir %s
                PidFile %s/httpd.pid
                ErrorLog %s/error.log
                ServerName localhost
                Listen 0.0.0.0:%d
                %s
                %s
                Mutex default:%s
                CustomLog %s/access.log "%%r" env=!alexa-link
                <VirtualHost *:%d>
                    Protocols h2 http/1.1
                    SSLEngine on
                    SSLCertificateFile %s
                    SSLCertificateKeyFile %s
                    ProxyErrorOverride On
                    ErrorDocument 405 "a page of the site"
                    ErrorDocument 400 "a page of the site"
                    Include %s
                </VirtualHost>
                """.formatted(
                        folder,
                        folder,
                        folder,
                        folder,
                        port,
                        load,
                        ROOT ? "User nobody\nGroup nogroup" : "",
                        folder,
                        folder,
                        port,
                        authority.chain(),
                        authority.key(),
                        snippet);
    }

    private static String caddy(Path folder, LocalAuthority authority, int port, Path snippet) {
        return """
                {
                    admin off
                    auto_https disable_redirects
                    storage file_system %s
                }
                https://localhost:%d {
                    tls %s %s
                    import %s
                    respond "the site itself"
                }
                """.formatted(folder, port, authority.chain(), authority.key(), snippet);
    }

    /** Debian's global section; our file comes after it, but for the address and the certificate as it is shipped. */
    private static String haproxy(Path folder, LocalAuthority authority, int port, Path snippet) throws IOException {
        String shipped = Files.readString(snippet);
        String bind = "bind :443 ssl crt /etc/haproxy/music.example.org.pem alpn h2,http/1.1";
        if (!shipped.contains(bind)) {
            throw new AssertionError("haproxy.cfg has another address or certificate");
        }
        String site = """
                \n    errorfile 503 %s
                    errorfile 400 %s
                    default_backend site
                """.formatted(page(folder, 503), page(folder, 400));
        String listens = authority == null
                ? "bind 127.0.0.1:" + port
                : "bind 0.0.0.0:" + port + " ssl crt "
                        + Files.writeString(
                                folder.resolve("site.pem"),
                                Files.readString(authority.chain()) + Files.readString(authority.key()));
        Files.writeString(
                snippet,
                shipped.replace(bind, listens + (authority == null ? "" : " alpn h2,http/1.1") + site)
                        + "\nbackend site\n    http-request return status 200 content-type text/plain string \"the site itself\"\n");
        return """
                global
                    log stdout format raw local0
                    %s
                """.formatted(ROOT ? "user nobody\n    group nogroup" : "");
    }

    private static Path page(Path folder, int status) throws IOException {
        return Files.writeString(
                folder.resolve(status + ".http"),
                "HTTP/1.1 " + status + " x\r\nContent-Length: 18\r\n\r\na page of the site");
    }

    /** What it wrote into its own access log so far; empty where it writes none. */
    public String accessLog() throws IOException {
        return read("access.log");
    }

    private String read(String name) throws IOException {
        Path file = folder.resolve(name);
        return Files.exists(file) ? Files.readString(file) : "";
    }

    private boolean listens() {
        try (Socket probe = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return probe.isConnected();
        } catch (IOException notYet) {
            return false;
        }
    }

    @Override
    public void close() throws IOException {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException impatient) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        CatalinaBase.delete(folder);
    }
}
