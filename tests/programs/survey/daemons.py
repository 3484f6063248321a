# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Starts programs that keep running and connect when they are asked to, or by themselves."""

import hmac
import re
import socket
import struct
import time

import peers
from programs import BOTH_WAYS, NONE, VERIFY, Service, Variant, nameless, ask, ask_bytes, get_from_proxy, program, when_there
from world import ADDRESSES

OWN_PORT = 6001


@program("haproxy", "haproxy", peers.http, Variant("sni"), nameless(),
         Variant("chroot, sni", (NONE,), logs=False), nameless("chroot", (NONE,), logs=False),
         sees="503 Service Unavailable", helps="`sni str(NAME)`")
def haproxy(case):
    chroot = f"chroot {case.directory}" if "chroot" in case.option else ""
    sni = f"sni str({case.host})" if "sni" in case.option else ""
    name = f"verifyhost {case.host}" if "sni" in case.option else ""
    verifying = case.by_verification(f"verify required {name}", "verify none")
    config = case.write("haproxy.cfg", f"""
global
  {chroot}
defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
  retries 0
frontend front
  bind 127.0.0.1:{OWN_PORT}
  default_backend back
backend back
  server one {case.host}:{case.port} ssl ca-file {case.ca} {verifying} {sni}
""")
    return Service(["haproxy", "-db", "-f", config], get_from_proxy(OWN_PORT))


@program("nginx", "nginx", peers.http, Variant("proxy_ssl_server_name on"), nameless(),
         sees="502 Bad Gateway", helps="`proxy_ssl_server_name on`")
def nginx(case):
    name = f"proxy_ssl_server_name on; proxy_ssl_name {case.host};" if case.option else f"proxy_ssl_name {case.host};"
    config = case.write("nginx.conf", f"""
worker_processes 1;
daemon off;
user root;
pid {case.directory}/pid;
env PINNING_POLICY;
events {{ worker_connections 16; }}
http {{
  access_log off;
  client_body_temp_path {case.directory}/a; proxy_temp_path {case.directory}/b; fastcgi_temp_path {case.directory}/c;
  uwsgi_temp_path {case.directory}/d; scgi_temp_path {case.directory}/e;
  server {{
    listen 127.0.0.1:{OWN_PORT};
    location / {{
      proxy_pass https://{case.host}:{case.port};
      proxy_ssl_verify {case.by_verification("on", "off")};
      proxy_ssl_verify_depth 4;
      proxy_ssl_trusted_certificate {case.ca};
      {name}
    }}
  }}
}}
""")
    log = case.directory / "error.log"
    return Service(["nginx", "-p", case.directory, "-c", config, "-e", log], get_from_proxy(OWN_PORT), "error.log")


@program("apache2", "apache2", peers.http, Variant(),
         sees="Error during SSL Handshake with remote server")
def apache2(case):
    modules = "\n".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so"
                        for name in ("mpm_event", "authz_core", "proxy", "proxy_http", "ssl"))
    verifying = case.by_verification("SSLProxyVerify require\nSSLProxyVerifyDepth 4", "SSLProxyVerify none\nSSLProxyCheckPeerName off")
    config = case.write("httpd.conf", f"""
ServerRoot {case.directory}
DefaultRuntimeDir {case.directory}
PidFile {case.directory}/pid
ServerName proxy.test.example
Listen 127.0.0.1:{OWN_PORT}
ErrorLog {case.directory}/error.log
StartServers 1
{modules}
SSLProxyEngine on
SSLProxyCACertificateFile {case.ca}
{verifying}
ProxyPass / https://{case.host}:{case.port}/
""")
    return Service(["apache2", "-f", config, "-DFOREGROUND"], get_from_proxy(OWN_PORT), "error.log")


@program("squid", "squid-openssl", peers.http, Variant("cache_peer"),
         sees="503 Service Unavailable")
def squid(case):
    flags = case.by_verification(f"tls-cafile={case.ca}", "tls-flags=DONT_VERIFY_PEER")
    case.directory.chmod(0o777)
    config = case.write("squid.conf", f"""
http_port 127.0.0.1:{OWN_PORT} accel defaultsite={case.host} no-vhost
cache_peer {case.host} parent {case.port} 0 no-query originserver no-digest tls {flags} name=one
never_direct allow all
http_access allow all
cache deny all
cache_effective_user proxy
visible_hostname proxy.test.example
pid_filename {case.directory}/pid
cache_log {case.directory}/cache.log
access_log none
coredump_dir {case.directory}
pinger_enable off
netdb_filename none
shutdown_lifetime 0 seconds
""")
    return Service(["squid", "-N", "-f", config], get_from_proxy(OWN_PORT), "cache.log")


def dns_query():
    return b"\x12\x34\1\0\0\1\0\0\0\0\0\0\3www\4test\7example\0\0\1\0\1"


def ask_unbound():
    """unbound answers over UDP, where nothing shows that it is ready, so it is asked over TCP."""
    query = dns_query()
    reply = ask_bytes(socket.AF_INET, ("127.0.0.1", OWN_PORT), struct.pack("!H", len(query)) + query, b"\x12\x34")
    return {0: "NOERROR", 2: "SERVFAIL"}.get(reply[5] & 15, "strange") if len(reply) > 5 else "no answer"


@program("unbound", "unbound", peers.dns, Variant("address#name", (VERIFY,)), nameless("address", (NONE,), blind_foreign=BOTH_WAYS),
         sees="SERVFAIL", helps="`#NAME` behind the address")
def unbound(case):
    address = f"{ADDRESSES[case.host]}@{case.port}"
    name = f"#{case.host}" if case.verifies() else ""
    bundle = f'tls-cert-bundle: "{case.ca}"' if case.verifies() else ""
    config = case.write("unbound.conf", f"""
server:
  interface: 127.0.0.1@{OWN_PORT}
  do-daemonize: no
  username: ""
  chroot: ""
  directory: "{case.directory}"
  pidfile: ""
  use-syslog: no
  logfile: "unbound.log"
  verbosity: 1
  module-config: "iterator"
  do-not-query-localhost: no
  do-ip6: no
  {bundle}
  local-data: "{case.host}. A {ADDRESSES[case.host]}"
  outbound-msg-retry: 1
forward-zone:
  name: "."
  forward-tls-upstream: yes
  forward-addr: {address}{name}
remote-control:
  control-enable: no
""")
    return Service(["unbound", "-d", "-c", config], ask_unbound, "unbound.log")


@program("syslog-ng", "syslog-ng-core", peers.reads, Variant("sni(yes)"), nameless(),
         sees="certificate verify failed", helps="`sni(yes)`")
def syslog_ng(case):
    sni = "sni(yes)" if case.option else ""
    verifying = case.by_verification("peer-verify(required-trusted)", "peer-verify(optional-untrusted)")
    config = case.write("syslog-ng.conf", f"""@version: 3.38
options {{ stats-freq(0); time-reopen(30); use-dns(no); }};
source from {{ network(ip("127.0.0.1") port({OWN_PORT}) transport("tcp")); }};
destination far {{
  network("{case.host}" port({case.port}) transport("tls")
          tls(ca-file("{case.ca}") {verifying} {sni}));
}};
log {{ source(from); destination(far); }};
""")
    command = ["syslog-ng", "-F", "-e", "-f", config, "-R", case.directory / "persist", "-p", case.directory / "pid",
               "-c", case.directory / "ctl", "--no-caps"]
    return Service(command, send_line)


def send_line():
    connection = when_there(socket.AF_INET, ("127.0.0.1", OWN_PORT))
    if connection:
        with connection:
            connection.sendall(b"<13>Jan  1 00:00:00 host test: a line\n")
    return ""


@program("radsecproxy", "radsecproxy", peers.reads, nameless("", (NONE,)))
def radsecproxy(case):
    checking = "" if case.verifies() else "certificateNameCheck off"
    config = case.write("radsecproxy.conf", f"""
ListenUDP 127.0.0.1:{OWN_PORT}
LogLevel 3
LogDestination file://{case.directory}/log
tls default {{
  CACertificateFile {case.ca}
  CertificateFile {case.certificate}
  CertificateKeyFile {case.key}
}}
client near {{
  host 127.0.0.1
  type udp
  secret test
}}
server {case.host} {{
  host {case.host}
  type tls
  port {case.port}
  secret test
  statusServer on
  {checking}
}}
realm * {{
  server {case.host}
}}
""")
    return Service(["radsecproxy", "-f", "-c", config], lambda: ask_radius(case.directory / "log"), log="log")


def radius_request():
    head, authenticator = b"\1\1\0\x2c", bytes(16)
    attributes = b"\1\x06test" + b"\x50\x12"
    signature = hmac.new(b"test", head + authenticator + attributes + bytes(16), "md5").digest()
    return head + authenticator + attributes + signature


def ask_radius(log):
    """Asks until the log says how the connection ended, because nothing shows when a UDP socket is ready."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        for _ in range(100):
            client.sendto(radius_request(), ("127.0.0.1", OWN_PORT))
            time.sleep(0.05)
            if log.exists() and re.search(r" up$|failed|[Ee]rror|could not", log.read_text(), re.MULTILINE):
                client.sendto(radius_request(), ("127.0.0.1", OWN_PORT))
                break
    return ""


POSTGRES_START = struct.pack("!II", 41, 196608) + b"user\0tester\0database\0postgres\0\0\0"


@program("pgbouncer", "pgbouncer", peers.postgres, Variant("verify-full", (VERIFY,)),
         nameless("require", (NONE,), blind_foreign=BOTH_WAYS),
         sees="query_wait_timeout", helps="`verify-full`")
def pgbouncer(case):
    users = case.write("users", '"tester" "x"\n')
    config = case.write("pgbouncer.ini", f"""
[databases]
postgres = host={case.host} port={case.port} user=tester
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {OWN_PORT}
unix_socket_dir =
auth_type = any
auth_file = {users}
user = nobody
server_tls_sslmode = {case.option}
server_tls_ca_file = {case.ca}
query_wait_timeout = 1
server_login_retry = 1
logfile = {case.directory}/log
ignore_startup_parameters = extra_float_digits
""")
    case.directory.chmod(0o777)

    def query():
        parameters = b"user\0tester\0database\0postgres\0\0"
        start = struct.pack("!II", 8 + len(parameters), 196608) + parameters
        reply = ask(socket.AF_INET, ("127.0.0.1", OWN_PORT), start + b"Q\0\0\0\x0dselect 1\0", b"SELECT")
        return "answered" if "SELECT" in reply else reply
    return Service(["pgbouncer", "-q", config], query, "log")
