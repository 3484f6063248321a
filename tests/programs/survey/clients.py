# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Programs that make one connection and end."""

import peers
from programs import NONE, VERIFY, Once, Variant, nameless, program

PLUGINS = "/usr/lib/nagios/plugins"


@program("redis-cli", "redis-tools", peers.redis, Variant("--sni NAME"), nameless(),
         sees="SSL_connect failed: certificate verify failed", helps="`--sni NAME`")
def redis_cli(case):
    sni = ["--sni", case.host] if case.option else []
    return Once(["redis-cli", "--tls", "--cacert", case.ca, *sni, *case.by_verification([], ["--insecure"]),
                 "-h", case.host, "-p", case.port, "PING"])


@program("mariadb", "mariadb-client-core", peers.mysql, nameless(),
         sees="ERROR 2026 (HY000): TLS/SSL error: application verification failure")
def mariadb(case):
    verifying = case.by_verification([f"--ssl-ca={case.ca}", "--ssl-verify-server-cert"], [])
    return Once(["mariadb", "--no-defaults", "--ssl", *verifying, "-h", case.host, "-P", case.port, "-u", "tester",
                 "--batch", "-e", "do 1"])


@program("httrack", "httrack", peers.http, Variant("", (NONE,)))
def httrack(case):
    return Once(["httrack", f"https://{case.host}:{case.port}/", "-O", case.directory, "-q", "-r1", "-I0", "-R0", "-T5", "-s0", "-c1", "-%c100", "-A0", "--disable-security-limits"])


@program("s3270", "s3270", peers.telnet, Variant("", (VERIFY,)), nameless("", (NONE,)),
         sees="Connection failed:", helps="verifying, which is the default")
def s3270(case):
    verifying = case.by_verification(["-cafile", case.ca], ["-noverifycert"])
    return Once(["s3270", *verifying], f"Connect(L:{case.host}:{case.port})\nQuit()\n".encode())


@program("openfortivpn", "openfortivpn", peers.http, nameless("", (VERIFY,)),
         sees="SSL routines::certificate verify failed")
def openfortivpn(case):
    return Once(["openfortivpn", f"{case.host}:{case.port}", "-u", "tester", "-p", "x", f"--ca-file={case.ca}", "-c",
                 "/dev/null"])


@program("check_nrpe", "nagios-nrpe-plugin", peers.nrpe, nameless(),
         sees="Could not complete SSL handshake")
def check_nrpe(case):
    verifying = case.by_verification(["-A", case.ca, "-S", "TLSv1+"], [])
    return Once([f"{PLUGINS}/check_nrpe", "-H", case.host, "-p", case.port, "-d", "0", *verifying, "-t", "5"])


@program("check_http", "monitoring-plugins-basic", peers.http, Variant("--sni", (NONE,)), nameless("", (NONE,)),
         sees="CRITICAL - Cannot make SSL connection.", helps="`--sni`")
def check_http(case):
    return Once([f"{PLUGINS}/check_http", "-H", case.host, "-p", case.port, "-S", *case.option.split(), "-t", "5"])


@program("check_simap", "monitoring-plugins-basic", peers.imaps, nameless("", (NONE,)),
         sees="CRITICAL - Cannot make SSL connection.")
def check_simap(case):
    return Once([f"{PLUGINS}/check_simap", "-H", case.host, "-p", case.port, "-t", "5", "-s", "a LOGOUT\r\n"])


@program("spamc", "spamc", peers.spamd, nameless("", (NONE,)))
def spamc(case):
    return Once(["spamc", "-S", "-d", case.host, "-p", case.port, "-n", "5", "-t", "5", "-x", "--connect-retries=1"],
                b"Subject: test\r\n\r\ntext\r\n")


@program("swaks", "swaks", peers.smtp, Variant("--tls-sni NAME"), nameless(),
         sees="*** TLS startup failed", helps="`--tls-sni NAME`")
def swaks(case):
    sni = ["--tls-sni", case.host] if case.option else []
    verifying = case.by_verification(["--tls-verify", "--tls-ca-path", case.ca], [])
    return Once(["swaks", "--server", case.host, "--port", case.port, "--tls", *sni, *verifying, "--helo", "test",
                 "--from", "a@test.example", "--to", "b@test.example", "--body", "text", "--timeout", "5",
                 "--hide-informational", "--header", "Subject: test", "--suppress-data"])


@program("mosquitto_pub", "mosquitto-clients", peers.mqtt, Variant(),
         sees="A TLS error occurred.")
def mosquitto_pub(case):
    return Once(["mosquitto_pub", "--cafile", case.ca, *case.by_verification([], ["--insecure"]), "-h", case.host,
                 "-p", case.port, "-i", "test", "-t", "a/b", "-m", "text"])


@program("fetchmail", "fetchmail", peers.pop3s, Variant(),
         sees="SSL connection failed.")
def fetchmail(case):
    checking = case.by_verification(f"sslcertck sslcertfile {case.ca}", "no sslcertck")
    config = case.write("fetchmailrc", f'poll {case.host} protocol POP3 port {case.port} auth password\n'
                        f'  username "tester" password "x" ssl {checking}\n')
    config.chmod(0o600)
    return Once(["fetchmail", "-f", config, "--pidfile", case.directory / "pid", "-N", "--timeout", "5", "--nosyslog"])


@program("mbsync", "isync", peers.imaps, Variant("", (VERIFY,)))
def mbsync(case):
    (case.directory / "mail").mkdir()
    config = case.write("mbsyncrc", f"""
IMAPAccount a
Host {case.host}
Port {case.port}
User tester
Pass x
SSLType IMAPS
SystemCertificates no
CertificateFile {case.ca}
Timeout 5

IMAPStore far
Account a

MaildirStore near
Path {case.directory}/mail/
Inbox {case.directory}/mail/inbox

Channel c
Far :far:
Near :near:
""")
    return Once(["mbsync", "-c", config, "c"])


@program("w3m", "w3m", peers.http, Variant(),
         sees="certificate verify failed")
def w3m(case):
    return Once(["w3m", "-o", f"ssl_ca_file={case.ca}", "-o", f"ssl_verify_server={int(case.verifies())}",
                 "-dump", f"https://{case.host}:{case.port}/"])


@program("links", "links", peers.http, Variant(),
         sees="SSL error")
def links(case):
    return Once(["env", f"SSL_CERT_FILE={case.ca}", f"HOME={case.directory}", "links", "-ssl.certificates",
                 case.by_verification("2", "0"), "-retries", "1", "-receive-timeout", "5", "-dump",
                 f"https://{case.host}:{case.port}/"])


@program("axel", "axel", peers.http, Variant(),
         sees="SSL error: certificate verify failed")
def axel(case):
    return Once(["env", f"SSL_CERT_FILE={case.ca}", "axel", "-q", "-n1", *case.by_verification([], ["-k"]), "-o",
                 case.directory / "file", f"https://{case.host}:{case.port}/"])


@program("ncat", "ncat", peers.http, Variant(),
         sees="Ncat: Input/output error.")
def ncat(case):
    verifying = case.by_verification(["--ssl-verify", "--ssl-trustfile", case.ca], ["--ssl"])
    return Once(["ncat", *verifying, case.host, case.port], b"GET / HTTP/1.0\r\n\r\n")


@program("gensiot", "gensio-bin", peers.http, nameless(),
         sees="Protocol error")
def gensiot(case):
    ssl = case.by_verification(f"ssl(CA={case.ca})", "ssl(allow-authfail)")
    return Once(["gensiot", f"{ssl},tcp,{case.host},{case.port}"], b"GET / HTTP/1.0\r\n\r\n")


@program("kermit", "ckermit", peers.reads, nameless())
def kermit(case):
    script = case.write("script", f"""
set quiet on
set auth ssl verify {case.by_verification("fail-if-no-peer-cert", "no")}
set auth ssl verify-file {case.ca}
set telnet wait off
set host {case.host} {case.port} /ssl
if fail exit 1
output hello
exit 0
""")
    return Once(["kermit", script])


@program("s_client", "openssl", peers.http, nameless("-noservername"),
         sees="refused by the pinning policy of this machine", helps="`-servername NAME`")
def s_client(case):
    verifying = case.by_verification(["-verify_return_error"], [])
    return Once(["openssl", "s_client", "-quiet", "-connect", f"{case.host}:{case.port}", "-noservername", "-CAfile",
                 case.ca, *verifying, "-ign_eof"], b"GET / HTTP/1.0\r\n\r\n")


@program("catgirl", "catgirl", peers.reads, Variant(blind=("provider",), blind_foreign=("provider",), noisy=True))
def catgirl(case):
    trust = case.by_verification(["-t", case.ca], ["-!"])
    command = ["timeout", "--foreground", "2", "catgirl", *trust, "-h", case.host, "-p", case.port, "-n", "tester"]
    return Once(["script", "-qec", " ".join(map(str, command)), "/dev/null"])
