# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Starts nginx and haproxy with a fault each, and Postfix and PostgreSQL as packaged, for tests/bench/beside_testssl.py."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tools"))
import live_servers as live  # noqa: E402
from pinctl_case import CA, EC, issue, openssl, path, read, write  # noqa: E402
from scan_case import LEAF, RESPONDER, RSA, dated, host_of, leaf, response, shown  # noqa: E402

EXPECTED = {
    "nginx-tls10": ["cbc", "no-aead", "no-tls13", "static-rsa", "tls10"],
    "nginx-weak": ["cbc", "client-order", "static-rsa", "tiny-dh", "tls10", "tls11"],
    "nginx-expired": ["expired"], "nginx-misnamed": ["wrong-name"], "nginx-sha1-issuer": ["weak-signature"],
    "nginx-long": ["chain-long"], "nginx-revoked": ["revoked"],
    "haproxy-rsa1024": ["weak-key"], "haproxy-selfmade": ["not-trusted"], "haproxy-star": ["wildcard"],
    # Opportunistic TLS of Postfix accepts all it can get, also suites without authentication.
    "postfix": ["anonymous", "cbc", "client-order", "static-rsa", "tiny-dh", "tls10", "tls11"],
    "postgres": ["cbc", "static-rsa"],
}
# pinctl knows by the port how TLS begins; testssl.sh has to be told.
STARTTLS = {"postfix": (25, "smtp"), "postgres": (5432, "postgres")}
POSTGRES = "/usr/lib/postgresql/15/bin/"


def make_certificates():
    issue("rsaca", "/CN=RSA CA", "root", CA, RSA)
    issue("sub", "/CN=Below", "ca", CA)
    issue("deep", "/CN=Deep", "sub", CA)
    issue("sha1ca", "/CN=SHA-1 CA", "root", CA, (*EC, "-sha1"))
    for name in ("nginx-tls10", "nginx-weak", "postfix", "postgres"):
        leaf(name, key=RSA, issuer="rsaca")
    leaf("haproxy-rsa1024", key=("-newkey", "rsa:1024"))
    dated("nginx-expired", "-days", "-1")
    issue("haproxy-selfmade", "/CN=selfmade", None, (f"subjectAltName=DNS:{host_of('haproxy-selfmade')}", LEAF))
    shown("haproxy-selfmade")
    leaf("nginx-misnamed", san="elsewhere.example")
    leaf("nginx-sha1-issuer", issuer="sha1ca")
    leaf("nginx-long", issuer="deep", chain=("deep", "sub", "ca"))
    leaf("nginx-revoked", RESPONDER, issuer="rsaca")
    response("nginx-revoked", "nginx-revoked", revoked=True)
    leaf("haproxy-star", san="*.zoo.example")
    write("dh1024.pem", openssl("genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "dh_rfc5114:1"))
    for name in EXPECTED:
        write(f"{name}-all.pem", read(f"{name}.pem") + read(f"{name}-chain.pem"))
        write(f"{name}-both.pem", read(f"{name}-all.pem") + read(f"{name}.key"))


class Services:
    """Runs all servers in a folder of their own; needs root."""

    def __init__(self):
        make_certificates()
        self.folder = tempfile.mkdtemp(prefix="weak-services-")
        os.chmod(self.folder, 0o755)
        self.children = []
        self.ports = dict(zip(EXPECTED, live.free_ports(len(EXPECTED))))
        self.start_nginx()
        self.start_haproxy()
        self.start_postfix()
        self.start_postgres()
        live.wait_for(self.ports.values())

    def start(self, *words, **more):
        self.children.append(subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more))

    def close(self):
        for child in self.children:
            child.terminate()
        for child in self.children:
            child.wait()
        shutil.rmtree(self.folder)

    def write(self, name, text):
        return write(os.path.join(self.folder, name), text)

    def start_nginx(self):
        good = "ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers ECDHE+AESGCM:@SECLEVEL=0; ssl_prefer_server_ciphers on;"
        settings = {name: good for name in EXPECTED if name.startswith("nginx-")}
        settings["nginx-tls10"] = "ssl_protocols TLSv1; ssl_ciphers ECDHE-RSA-AES128-SHA:AES128-SHA:@SECLEVEL=0; ssl_prefer_server_ciphers on;"
        settings["nginx-weak"] = (f"ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3; ssl_dhparam {path('dh1024.pem')}; ssl_ciphers ECDHE-RSA-"
                                  "AES128-GCM-SHA256:DHE-RSA-AES128-GCM-SHA256:AES128-GCM-SHA256:AES128-SHA:@SECLEVEL=0;")
        settings["nginx-revoked"] += f"ssl_stapling on; ssl_stapling_file {path('nginx-revoked.der')};"
        temporary = "".join(f"{kind}_temp_path {self.folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        # A process for each, because servers within one nginx share the settings of OpenSSL.
        for name, text in settings.items():
            self.start("/usr/sbin/nginx", "-e", "stderr", "-c", self.write(f"{name}.conf", f"""daemon off; pid {self.folder}/{name}.pid;
error_log stderr; events {{}} http {{ access_log off; {temporary} server {{ listen 127.0.0.1:{self.ports[name]} ssl; {text}
ssl_certificate {path(name + '-all.pem')}; ssl_certificate_key {path(name + '.key')}; location / {{ return 200; }} }} }}"""))

    def start_haproxy(self):
        binds = "".join(f"  bind 127.0.0.1:{port} ssl crt {path(name + '-both.pem')} ssl-min-ver TLSv1.2 ciphers ECDHE+AESGCM:@SECLEVEL=0\n"
                        for name, port in self.ports.items() if name.startswith("haproxy-"))
        lax = self.write("lax.cnf", "openssl_conf = i\n[i]\nssl_conf = s\n[s]\nsystem_default = d\n[d]\nCipherString = DEFAULT@SECLEVEL=0\n")
        file = self.write("haproxy.cfg", "defaults\n  mode http\n  timeout client 60s\n  timeout connect 5s\n  timeout server 60s\nfrontend f\n"
                          f"{binds}  http-request return status 200\n")
        self.start("/usr/sbin/haproxy", "-db", "-f", file, env={**os.environ, "OPENSSL_CONF": lax})

    def start_postfix(self):
        place = os.path.join(self.folder, "postfix")
        for name in ("data", "etc", "queue", *(f"queue/{part}" for part in ("active", "bounce", "corrupt", "defer", "deferred", "flush",
                                                                            "hold", "incoming", "private", "public", "saved", "trace"))):
            os.makedirs(os.path.join(place, name))
            if name not in ("etc", "queue"):
                shutil.chown(os.path.join(place, name), "postfix")
        os.makedirs(os.path.join(place, "queue/pid"))
        self.write("postfix/etc/main.cf", f"""compatibility_level = 3.6
queue_directory = {place}/queue
data_directory = {place}/data
daemon_directory = /usr/lib/postfix/sbin
maillog_file = {place}/log
maillog_file_prefixes = {place}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = {host_of('postfix')}
smtpd_tls_security_level = may
smtpd_tls_cert_file = {path('postfix-all.pem')}
smtpd_tls_key_file = {path('postfix.key')}
""")
        self.write("postfix/etc/master.cf", f"127.0.0.1:{self.ports['postfix']} inet n - n - - smtpd\ntlsmgr unix - - n 1000? 1 tlsmgr\n"
                   "rewrite unix - - n - - trivial-rewrite\ncleanup unix n - n - 0 cleanup\nproxymap unix - - n - - proxymap\n"
                   "anvil unix - - n - 1 anvil\npostlog unix-dgram n - n - 1 postlogd\n")
        self.start("/usr/lib/postfix/sbin/master", "-d", "-c", f"{place}/etc", env={**os.environ, "MAIL_CONFIG": f"{place}/etc"})

    def start_postgres(self):
        data = os.path.join(self.folder, "postgres")
        demote = {"user": "postgres", "group": "postgres", "extra_groups": [], "cwd": "/"}
        os.makedirs(data)
        shutil.chown(data, "postgres")
        subprocess.run([f"{POSTGRES}initdb", "-D", data, "--auth=trust", "--no-sync", "--no-locale"], check=True, stdout=subprocess.DEVNULL, **demote)
        for name in ("postgres-all.pem", "postgres.key"):
            shutil.copy(path(name), data)
            shutil.chown(os.path.join(data, name), "postgres")
            os.chmod(os.path.join(data, name), 0o600)
        settings = ("listen_addresses=127.0.0.1", f"unix_socket_directories={data}", "fsync=off", "ssl=on", "ssl_cert_file=postgres-all.pem",
                    "ssl_key_file=postgres.key")
        self.start(f"{POSTGRES}postgres", "-D", data, "-p", str(self.ports["postgres"]), *(word for text in settings for word in ("-c", text)), **demote)
