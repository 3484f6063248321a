# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Starts programs that use GnuTLS. openssl.cnf does not reach them; their servers ask for a client certificate."""

import pathlib

import peers
from programs import BOTH_WAYS, NONE, VERIFY, Once, Variant, program

HTTP, SMTPS = peers.asking(peers.http), peers.asking(peers.smtps)
BLIND = {"blind": ("provider",), "blind_foreign": ("provider",), "blind_address": ("provider",)}
ERROR, GLIB_ERROR = "Error in the certificate", "Unacceptable TLS certificate"


DEEPLY_BOUND = {"blind": BOTH_WAYS, "blind_foreign": BOTH_WAYS, "blind_address": BOTH_WAYS}
PRELOADED = "libgnutls preloaded"


def variant(option="", verifications=(VERIFY, NONE), **known):
    return Variant(option, verifications, **{**BLIND, **known})


@program("wget", "wget", HTTP, variant(), sees=ERROR)
def wget(case):
    return Once(["wget", "--no-config", "--no-hsts", "--no-verbose", "--tries=1", "--timeout=10", "--output-document=-",
                 f"--ca-certificate={case.ca}", *case.by_verification([], ["--no-check-certificate"]),
                 f"--certificate={case.certificate}", f"--private-key={case.key}", f"https://{case.host}:{case.port}/"])


@program("git", "git", HTTP, variant(), sees=ERROR)
def git(case):
    return Once(["git", "-c", f"http.sslCAInfo={case.ca}", "-c", f"http.sslVerify={case.by_verification('true', 'false')}",
                 "-c", f"http.sslCert={case.certificate}", "-c", f"http.sslKey={case.key}",
                 "ls-remote", f"https://{case.host}:{case.port}/"])


@program("apt-get update", "apt", HTTP, variant(noisy=True), sees=ERROR)
def apt(case):
    """apt runs its https method as _apt, with a key that this user can read."""
    for name in ("state/lists/partial", "cache/archives/partial", "etc"):
        (case.directory / name).mkdir(parents=True)
    source = case.write("etc/sources.list", f"deb [trusted=yes] https://{case.host}:{case.port}/ ./\n")
    settings = {"Dir::State": case.directory / "state", "Dir::State::status": "/dev/null",
                "Dir::Cache": case.directory / "cache", "Dir::Etc::sourcelist": source, "Dir::Etc::sourceparts": "-",
                "Acquire::Retries": 0, "Acquire::https::CaInfo": case.ca, "Acquire::https::SslCert": case.certificate,
                "Acquire::https::SslKey": case.key, "Acquire::https::Proxy": "DIRECT",
                "Acquire::https::Verify-Peer": case.by_verification("true", "false"),
                "Acquire::https::Verify-Host": case.by_verification("true", "false")}
    return Once(["apt-get", "update", *(word for name, value in settings.items() for word in ("-o", f"{name}={value}"))])


@program("lftp", "lftp", HTTP, variant(), sees=ERROR)
def lftp(case):
    settings = {"ssl:ca-file": case.ca, "ssl:verify-certificate": case.by_verification("yes", "no"),
                "ssl:cert-file": case.certificate, "ssl:key-file": case.key, "net:max-retries": 1, "net:timeout": 5}
    commands = "; ".join(f"set {name} {value}" for name, value in settings.items())
    return Once(["lftp", "--norc", "-c", f"{commands}; cat https://{case.host}:{case.port}/"])


@program("aria2c", "aria2", HTTP, variant(noisy=True))
def aria2c(case):
    return Once(["aria2c", "--no-conf", "--max-tries=1", "--connect-timeout=5", "--out=got", f"--ca-certificate={case.ca}",
                 f"--check-certificate={case.by_verification('true', 'false')}", f"--certificate={case.certificate}",
                 f"--private-key={case.key}", f"https://{case.host}:{case.port}/"])


@program("msmtp", "msmtp", SMTPS, variant(), sees=ERROR)
def msmtp(case):
    return Once(["msmtp", "--file=/dev/null", f"--host={case.host}", f"--port={case.port}", "--tls=on", "--tls-starttls=off",
                 *case.by_verification([f"--tls-trust-file={case.ca}"], ["--tls-trust-file=", "--tls-certcheck=off"]),
                 f"--tls-cert-file={case.certificate}", f"--tls-key-file={case.key}", "--from=a@test.example",
                 "b@test.example"], b"Subject: test\r\n\r\ntext\r\n")


@program("mutt", "mutt", SMTPS, variant("", (VERIFY,)), sees=ERROR)
def mutt(case):
    both = case.write("both.pem", case.key.read_text() + case.certificate.read_text())
    settings = case.write("muttrc", f"set smtp_url=smtps://{case.host}:{case.port}/\nset certificate_file={case.ca}\n"
                                    f"set ssl_usesystemcerts=no\nset ssl_client_cert={both}\nset copy=no\n"
                                    "set from=a@test.example\nset use_from=yes\nset hostname=test.example\n")
    return Once(["mutt", "-n", "-F", settings, "-s", "test", "b@test.example"], b"text\n")


@program("ffmpeg", "ffmpeg", HTTP, variant(), sees=ERROR)
def ffmpeg(case):
    return Once(["ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "level+error", "-ca_file", case.ca, "-cert_file", case.certificate,
                 "-key_file", case.key, "-tls_verify", case.by_verification("1", "0"),
                 "-i", f"https://{case.host}:{case.port}/", "-f", "null", "-"])


@program("gnutls-cli", "gnutls-bin", HTTP, variant(noisy=True), variant("--disable-sni", (NONE,), noisy=True, nameless=True),
         sees=ERROR)
def gnutls_cli(case):
    return Once(["gnutls-cli", f"--x509cafile={case.ca}", *case.by_verification([], ["--insecure"]), *case.option.split(),
                 f"--x509certfile={case.certificate}", f"--x509keyfile={case.key}", "--port", case.port, case.host],
                b"GET / HTTP/1.0\r\n\r\n")


# Debian's exim conflicts with postfix, so tests/install-packages.sh only unpacks it.
EXIM = next((path for path in map(pathlib.Path, ("/usr/sbin/exim4", "/opt/pinning-tests/exim4-daemon-light/usr/sbin/exim4"))
             if path.exists()), pathlib.Path("exim4"))
EXIM_SETTINGS = """
exim_path = {exim}
spool_directory = {folder}/spool
log_file_path = {folder}/%slog
primary_hostname = test.example
keep_environment = LD_PRELOAD : PINNING_POLICY : PINNING_DEBUG : OPENSSL_CONF : OPENSSL_MODULES
acl_not_smtp = accept
begin routers
all:
  driver = manualroute
  domains = test.example
  route_list = * {host} byname
  self = send
  transport = out
begin transports
out:
  driver = smtp
  port = {port}
  protocol = smtps
  hosts_require_tls = *
  tls_certificate = {certificate}
  tls_privatekey = {key}
  tls_verify_certificates = {ca}
  {verification} = *
  {option}
"""


@program("exim", "exim4-daemon-light", SMTPS, variant("tls_sni = $host", noisy=True), variant(noisy=True, nameless=True), sees=ERROR)
def exim(case):
    """Needs root, because exim delivers as another user."""
    case.directory.chmod(0o777)
    settings = case.write("exim.conf", EXIM_SETTINGS.format(
        exim=EXIM, folder=case.directory, host=case.host, port=case.port, certificate=case.certificate, key=case.key, ca=case.ca,
        verification=case.by_verification("tls_verify_hosts", "tls_try_verify_hosts"), option=case.option))
    return Once(["sh", "-c", '"$1" -C "$2" -odf -oi -f a@test.example b@test.example; cat mainlog', "sh", EXIM, settings],
                b"Subject: test\n\ntext\n")


PYCURL = """
import pycurl, sys
url, ca, certificate, key, verifies = sys.argv[1:]
curl = pycurl.Curl()
curl.setopt(pycurl.URL, url)
curl.setopt(pycurl.CAINFO, ca)
curl.setopt(pycurl.SSLCERT, certificate)
curl.setopt(pycurl.SSLKEY, key)
curl.setopt(pycurl.SSL_VERIFYPEER, int(verifies))
curl.setopt(pycurl.SSL_VERIFYHOST, 2 * int(verifies))
try:
    curl.perform()
except pycurl.error as error:
    sys.exit(str(error))
"""

# For GLib, "not verified" means a client that accepts every certificate.
GIO = """
import sys
from gi.repository import Gio, GLib, GObject
host, port, ca, certificate, key, verifies = sys.argv[1:]

def start(client, event, connectable, connection):
    if event == Gio.SocketClientEvent.TLS_HANDSHAKING:
        connection.set_database(Gio.TlsFileDatabase.new(ca))
        connection.set_certificate(Gio.TlsCertificate.new_from_files(certificate, key))
        if verifies == "0":
            connection.connect("accept-certificate", lambda *_: True)

client = Gio.SocketClient(tls=True, timeout=5)
GObject.Object.connect(client, "event", start)
try:
    connection = client.connect_to_host(host, int(port), None)
    connection.get_output_stream().write_all(b"GET / HTTP/1.0\\r\\n\\r\\n", None)
    print(connection.get_input_stream().read_bytes(4096, None).get_data())
except GLib.Error as error:
    sys.exit(error.message)
"""

SOUP = """
import sys, gi
gi.require_version("Soup", "3.0")
from gi.repository import Gio, GLib, Soup
url, ca, certificate, key, verifies = sys.argv[1:]
session = Soup.Session(tls_database=Gio.TlsFileDatabase.new(ca), timeout=5)
message = Soup.Message.new("GET", url)
if verifies == "0":
    message.connect("accept-certificate", lambda *_: True)

def give(message, connection):
    message.set_tls_client_certificate(Gio.TlsCertificate.new_from_files(certificate, key))
    return True

message.connect("request-certificate", give)
try:
    print(session.send_and_read(message, None).get_data())
except GLib.Error as error:
    sys.exit(error.message)
"""


def python(case, text, *where):
    return Once(["/usr/bin/python3", case.write("client.py", text), *where, case.ca, case.certificate, case.key,
                 case.by_verification("1", "0")])


@program("python3-pycurl", "python3-pycurl", HTTP, variant(), sees=ERROR)
def pycurl(case):
    return python(case, PYCURL, f"https://{case.host}:{case.port}/")


@program("Gio.SocketClient", "python3-gi", HTTP, variant(), sees=GLIB_ERROR)
def gio(case):
    return python(case, GIO, case.host, case.port)


@program("libsoup", "gir1.2-soup-3.0", HTTP, variant(), sees=GLIB_ERROR)
def soup(case):
    return python(case, SOUP, f"https://{case.host}:{case.port}/")


@program("gio cat", "gvfs-backends", peers.http, variant("", (VERIFY,), noisy=True), sees=GLIB_ERROR)
def gio_cat(case):
    """gvfsd-http connects, started by its own message bus; it trusts only what the system trusts."""
    return Once(["unshare", "--mount", "sh", "-c", 'mount --bind "$1" /etc/ssl/certs/ca-certificates.crt && '
                 'XDG_RUNTIME_DIR="$PWD" exec dbus-run-session -- gio cat "$2"', "sh", case.ca, f"https://{case.host}:{case.port}/"])


@program("php ldap", "php-ldap", peers.ldaps, variant(**DEEPLY_BOUND), variant(PRELOADED), sees="bool(false)",
         helps="`libgnutls.so.30` in `LD_PRELOAD`, behind the shim")
def php_ldap(case):
    """PHP opens its modules so that their own libraries take precedence over preloaded ones."""
    script = case.write("script.php", """<?php
[, $host, $port] = $argv;
$ldap = ldap_connect("ldaps://$host:$port");
ldap_set_option($ldap, LDAP_OPT_PROTOCOL_VERSION, 3);
var_dump(@ldap_bind($ldap));
""")
    preloaded = 'export LD_PRELOAD="$LD_PRELOAD libgnutls.so.30"; ' if case.option == PRELOADED else ""
    return Once(["sh", "-c", f'{preloaded}exec "$@"', "sh", "env", f"LDAPTLS_CACERT={case.ca}",
                 f"LDAPTLS_REQCERT={case.by_verification('demand', 'never')}", "php", "-n", "-d", "extension=ldap", script,
                 case.host, case.port])
