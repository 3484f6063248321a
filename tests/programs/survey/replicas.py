# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Starts servers that are clients of others: replicas, proxies, and interpreters inside a server."""

import pathlib
import shutil
import socket
import struct
import subprocess
import time

import peers
from daemons import OWN_PORT, radius_request
from programs import NONE, Once, Service, Variant, ask_bytes, nameless, program


def prepared(case, name, *command):
    """A copy of the initial data of a server, which the server takes seconds to make."""
    template = case.directory.parent / name
    if not template.exists():
        template.mkdir()
        subprocess.run([str(word).replace("DATA", str(template)) for word in command], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.PIPE)
    data = case.directory / name
    shutil.copytree(template, data, copy_function=shutil.copy2)
    return data


@program("mariadbd replica", "mariadb-server", peers.mysql, nameless(noisy=True))
def mariadbd(case):
    data = prepared(case, "mariadb", "mariadb-install-db", "--no-defaults", "--user=root", "--datadir=DATA",
                    "--auth-root-authentication-method=normal", "--skip-test-db")
    verifying = case.by_verification("1", "0")
    first = case.write("first.sql", f"CHANGE MASTER TO MASTER_HOST='{case.host}', MASTER_PORT={case.port}, MASTER_USER='u', "
                       f"MASTER_PASSWORD='p', MASTER_SSL=1, MASTER_SSL_CA='{case.ca}', "
                       f"MASTER_SSL_VERIFY_SERVER_CERT={verifying};\nSTART SLAVE;\n")
    return Service(["mariadbd", "--no-defaults", "--user=root", f"--datadir={data}", "--skip-networking", "--server-id=2",
                    f"--socket={case.directory}/socket", f"--init-file={first}", f"--log-error={case.directory}/log.err"], log="log.err")


def ask_freeradius():
    """Asks again and again, because nothing shows when a UDP socket is ready or how the connection ended."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        for _ in range(15):
            client.sendto(radius_request(), ("127.0.0.1", OWN_PORT))
            time.sleep(0.1)
    return ""


@program("freeradius proxy", "freeradius", peers.reads, nameless("", (NONE,)))
def freeradius(case):
    config = case.write("radiusd.conf", f"""
prefix = /usr
localstatedir = {case.directory}
raddbdir = {case.directory}
libdir = /usr/lib/freeradius
logdir = {case.directory}
run_dir = {case.directory}
log {{
  destination = files
  file = {case.directory}/log
}}
security {{
  allow_vulnerable_openssl = yes
}}
proxy_requests = yes
client near {{
  ipaddr = 127.0.0.1
  secret = test
  require_message_authenticator = no
}}
home_server far {{
  type = auth
  ipaddr = {case.host}
  port = {case.port}
  proto = tcp
  secret = radsec
  status_check = none
  tls {{
    ca_file = {case.ca}
    certificate_file = {case.certificate}
    private_key_file = {case.key}
    tls_min_version = "1.2"
    tls_max_version = "1.3"
  }}
}}
home_server_pool far {{
  home_server = far
}}
realm far {{
  auth_pool = far
}}
modules {{
}}
server default {{
  listen {{
    type = auth
    ipaddr = 127.0.0.1
    port = {OWN_PORT}
  }}
  authorize {{
    update control {{
      Proxy-To-Realm := "far"
    }}
  }}
}}
""")
    case.write("dictionary", "$INCLUDE /usr/share/freeradius/dictionary\n")
    return Service(["freeradius", "-f", "-d", config.parent], ask_freeradius, "log")


def fastcgi(script):
    """One request of FastCGI."""
    def record(kind, content):
        return struct.pack("!BBHHBB", 1, kind, 1, len(content), 0, 0) + content
    parameters = b"".join(bytes((len(name), len(value))) + name.encode() + value.encode()
                          for name, value in (("SCRIPT_FILENAME", str(script)), ("REQUEST_METHOD", "GET")))
    return record(1, b"\0\1\0\0\0\0\0\0") + record(4, parameters) + record(4, b"") + record(5, b"")


@program("php-fpm", "php-fpm", peers.http, Variant("streams"))
def php_fpm(case):
    binary = max(pathlib.Path("/usr/sbin").glob("php-fpm*"))
    where = case.directory / "socket"
    config = case.write("fpm.conf", f"""
[global]
error_log = {case.directory}/log
daemonize = no
[www]
user = root
listen = {where}
pm = static
pm.max_children = 1
catch_workers_output = yes
""")
    verifying = case.by_verification("true", "false")
    script = case.write("get.php", f"""<?php
$context = stream_context_create(['ssl' => ['cafile' => '{case.ca}', 'verify_peer' => {verifying},
                                            'verify_peer_name' => {verifying}]]);
echo @file_get_contents('https://{case.host}:{case.port}/', false, $context) === false ? error_get_last()['message'] : 'got it';
""")
    return Service([binary, "-n", "-R", "-y", config],
                   lambda: ask_bytes(socket.AF_UNIX, str(where), fastcgi(script), b"\1\3\0\1").decode(errors="replace"), "log")


@program("turnutils_uclient", "coturn", peers.reads, nameless(noisy=True))
def turnutils(case):
    verifying = ["-E", case.ca] if case.verifies() else []
    return Once(["turnutils_uclient", "-t", "-S", *verifying, "-u", "u", "-w", "p", "-n", "1", "-y", "-p", str(case.port),
                 case.host])


@program("slapd syncrepl", "slapd", peers.ldaps, Variant("", blind=("provider",), blind_foreign=("provider",)))
def slapd(case):
    (case.directory / "data").mkdir()
    config = case.write("slapd.conf", f"""
include /etc/ldap/schema/core.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {case.directory}/pid
database mdb
suffix "dc=example"
rootdn "cn=admin,dc=example"
directory {case.directory}/data
syncrepl rid=001 provider=ldaps://{case.host}:{case.port} type=refreshOnly interval=01:00:00:00 retry="3600 1"
  searchbase="dc=example" bindmethod=simple binddn="cn=reader,dc=example" credentials=p
  tls_cacert={case.ca} tls_reqcert={case.by_verification("demand", "never")}
""")
    return Service(["slapd", "-f", config, "-h", f"ldapi://{str(case.directory).replace('/', '%2F')}%2Fsocket", "-d", "sync"])
