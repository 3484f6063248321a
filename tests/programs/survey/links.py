# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Starts daemons that connect to another one by themselves: to follow it, or to pass on what they receive."""

import socket

import peers
from programs import BOTH_WAYS, NONE, VERIFY, Service, Variant, ask_bytes, nameless, program
from world import ADDRESSES

OWN_PORT = 6001


@program("mosquitto bridge", "mosquitto", peers.mqtt, Variant())
def mosquitto(case):
    config = case.write("mosquitto.conf", f"""
user root
listener {OWN_PORT} 127.0.0.1
allow_anonymous true
log_dest file {case.directory}/log
connection far
address {case.host}:{case.port}
bridge_cafile {case.ca}
bridge_insecure {case.by_verification("false", "true")}
notifications false
topic # out
""")
    return Service(["mosquitto", "-c", config], log="log")


@program("redis-server", "redis-server", peers.redis, nameless("", (VERIFY,)),
         sees="certificate verify failed")
def redis(case):
    return Service(["redis-server", "--bind", "127.0.0.1", "--port", OWN_PORT, "--save", "", "--dir", case.directory,
                    "--logfile", case.directory / "log", "--tls-replication", "yes", "--tls-ca-cert-file", case.ca,
                    "--tls-cert-file", case.certificate, "--tls-key-file", case.key,
                    "--replicaof", case.host, case.port], log="log")


@program("named", "bind9", peers.dns_over_tls, Variant("remote-hostname", (VERIFY,)),
         nameless("", (NONE,), blind_foreign=BOTH_WAYS),
         helps="`remote-hostname` of the `tls` of `primaries`")
def named(case):
    checking = f'ca-file "{case.ca}"; remote-hostname "{case.host}";' if case.option else ""
    config = case.write("named.conf", f"""
options {{
  directory "{case.directory}";
  pid-file none;
  session-keyfile "{case.directory}/session.key";
  listen-on port {OWN_PORT} {{ 127.0.0.1; }};
  listen-on-v6 {{ none; }};
  recursion no;
}};
controls {{ }};
tls far {{ {checking} protocols {{ TLSv1.3; }}; }};
zone "test.example" {{
  type secondary;
  file "zone";
  primaries {{ {ADDRESSES[case.host]} port {case.port} tls far; }};
}};
""")
    return Service(["named", "-g", "-c", config])


def log_in():
    return ask_bytes(socket.AF_INET, ("127.0.0.1", OWN_PORT), b"a LOGIN tester secret\r\n", b"\na ").decode(errors="replace")


# Its login process enters its chroot before it loads anything of TLS, and does not find an ssl_client_ca_file there.
@program("dovecot proxy", "dovecot-imapd", peers.imaps, Variant("", (NONE,), logs=False, noisy=True),
         sees="refused by the pinning policy of this machine")
def dovecot(case):
    case.directory.chmod(0o755)
    config = case.write("dovecot.conf", f"""
import_environment = TZ OPENSSL_CONF LD_PRELOAD PINNING_POLICY
base_dir = {case.directory}/base
state_dir = {case.directory}/state
log_path = {case.directory}/log
protocols = imap
listen = 127.0.0.1
disable_plaintext_auth = no
ssl = yes
ssl_cert = <{case.certificate}
ssl_key = <{case.key}
service imap-login {{
  inet_listener imap {{
    port = {OWN_PORT}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
passdb {{
  driver = static
  args = proxy=y host={case.host} port={case.port} ssl=any-cert nopassword=y
}}
""")
    return Service(["dovecot", "-F", "-c", config], log_in, "log")
