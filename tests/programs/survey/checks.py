# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""More programs that make one connection and end: they check, measure, fetch or send something."""

import peers
from clients import PLUGINS
from programs import NONE, VERIFY, Once, Service, Variant, get_from_proxy, nameless, program

HTTP_REQUEST = b"GET / HTTP/1.0\r\n\r\n"


def plugin(name, speak, *words):
    """Starts one of the monitoring plugins that share the source of check_tcp."""
    def start(case):
        return Once([f"{PLUGINS}/{name}", "-H", case.host, "-p", case.port, *words, "-t", "5"])
    program(name, "monitoring-plugins-basic", speak, nameless("", (NONE,)),
            sees="CRITICAL - Cannot make SSL connection.")(start)


plugin("check_tcp", peers.reads, "-S", "-E", "-s", "hello\\r\\n")
plugin("check_spop", peers.pop3s)
plugin("check_pop", peers.pop3s, "-S")
plugin("check_imap", peers.imaps, "-S", "-s", "a LOGOUT\r\n")
plugin("check_ssmtp", peers.smtps)
plugin("check_nntps", peers.pop3s)
plugin("check_jabber", peers.reads, "-S")


@program("check_smtp", "monitoring-plugins-basic", peers.smtp, nameless("", (NONE,), noisy=True),
         sees="CRITICAL - Cannot make SSL connection.")
def check_smtp(case):
    return Once([f"{PLUGINS}/check_smtp", "-H", case.host, "-p", case.port, "-S", "-t", "5"])


@program("openssl s_time", "openssl", peers.http, Variant("", (NONE,), noisy=True))
def s_time(case):
    return Once(["openssl", "s_time", "-connect", f"{case.host}:{case.port}", "-www", "/", "-new", "-time", "1"])


@program("socat", "socat", peers.http, Variant(), nameless("no-sni"))
def socat(case):
    sni = ",no-sni=1" if case.option else ""
    verifying = case.by_verification(f",cafile={case.ca},verify=1", ",verify=0")
    return Once(["socat", "-t", "3", "-", f"OPENSSL:{case.host}:{case.port}{verifying}{sni}"], HTTP_REQUEST)


@program("dig", "bind9-dnsutils", peers.dns, Variant("+tls-ca", (VERIFY,)), nameless("", (NONE,)), helps="`+tls-ca`, which verifies the name")
def dig(case):
    verifying = case.by_verification([f"+tls-ca={case.ca}"], [])
    return Once(["dig", "+tls", *verifying, "+tries=1", "+time=3", "+short", "+nocookie", "-p", case.port, f"@{case.host}",
                 "a.test", "A"])


@program("dnsperf", "dnsperf", peers.dns, nameless("", (NONE,), noisy=True))
def dnsperf(case):
    queries = case.write("queries", "a.test A\n")
    return Once(["dnsperf", "-m", "dot", "-s", case.host, "-p", case.port, "-d", queries, "-n", "1", "-c", "1",
                 "-t", "2", "-l", "2"])


@program("hydra", "hydra", peers.http, Variant("", (NONE,)))
def hydra(case):
    return Once(["hydra", "-l", "tester", "-p", "x", "-t", "1", "-w", "3", "-I", "-s", case.port, case.host, "https-get", "/"])


@program("medusa", "medusa", peers.http, nameless("", (NONE,)))
def medusa(case):
    return Once(["medusa", "-h", case.host, "-n", case.port, "-s", "-u", "tester", "-p", "x", "-M", "http", "-r",
                 "0", "-R", "0", "-T", "1"])


@program("httping", "httping", peers.http, nameless("", (NONE,), noisy=True))
def httping(case):
    return Once(["httping", "-l", "-c", "1", "-t", "3", "-g", f"https://{case.host}:{case.port}/"])


@program("siege", "siege", peers.http, Variant("", (NONE,), noisy=True))
def siege(case):
    return Once(["siege", "-q", "-c1", "-r1", f"https://{case.host}:{case.port}/"])


@program("ab", "apache2-utils", peers.http, Variant("", (NONE,), noisy=True))
def ab(case):
    return Once(["ab", "-q", "-n", "1", "-s", "3", f"https://{case.host}:{case.port}/"])


@program("httperf", "httperf", peers.http, nameless("", (NONE,), noisy=True))
def httperf(case):
    return Once(["httperf", "--ssl", "--server", case.host, "--port", case.port, "--num-conns", "1", "--timeout", "3"])


@program("imapfilter", "imapfilter", peers.imaps, Variant())
def imapfilter(case):
    config = case.write("config.lua", f"""
options.timeout = 5
options.certificates = {case.by_verification("true", "false")}
account = IMAP {{ server = "{case.host}", port = {case.port}, username = "tester", password = "x", ssl = "auto" }}
account:list_all()
""")
    return Once(["imapfilter", "-t", case.ca, "-c", config])


@program("fdm", "fdm", peers.pop3s, Variant())
def fdm(case):
    config = case.write("fdm.conf", f"""
{case.by_verification("set verify-certificates", "")}
account "a" pop3s server "{case.host}" port {case.port} user "tester" pass "x"
action "keep" keep
match all action "keep"
""")
    config.chmod(0o600)
    return Once(["env", f"SSL_CERT_FILE={case.ca}", "fdm", "-f", config, "-l", "fetch"])


@program("proxytunnel", "proxytunnel", peers.http, Variant())
def proxytunnel(case):
    verifying = case.by_verification(["-C", case.ca], ["-z"])
    return Once(["proxytunnel", "-E", *verifying, "-p", f"{case.host}:{case.port}", "-d", "a.test:1"])


@program("echoscu", "dcmtk", peers.reads, nameless())
def echoscu(case):
    verifying = case.by_verification(["+cf", case.ca], ["-ic"])
    return Once(["echoscu", "+tla", *verifying, "-to", "3", "-ta", "3", case.host, case.port])


@program("tnftp", "tnftp", peers.http, Variant("", (NONE,)))
def tnftp(case):
    return Once(["tnftp", "-V", "-q", "5", "-o", case.directory / "file", f"https://{case.host}:{case.port}/"])


@program("amqp-publish", "amqp-tools", peers.reads, Variant("", (VERIFY,)))
def amqp_publish(case):
    return Once(["amqp-publish", "--url", f"amqps://{case.host}:{case.port}/", "--ssl", "--cacert", case.ca, "-r", "key",
                 "-b", "text"])


@program("psql", "postgresql-client", peers.postgres, nameless("sslsni=0"))
def psql(case):
    mode = case.by_verification(f"sslmode=verify-full sslrootcert={case.ca}", "sslmode=require")
    return Once(["psql", "-X", f"host={case.host} port={case.port} user=tester dbname=test sslsni=0 {mode} connect_timeout=5",
                 "-c", "select 1"])


@program("monit", "monit", peers.http, Variant(noisy=True), sees="application verification failure")
def monit(case):
    options = f'verify: {case.by_verification("enable", "disable")}, CACertificateFile: "{case.ca}"'
    config = case.write("monitrc", f"""set pidfile {case.directory}/pid
set idfile {case.directory}/id
set statefile {case.directory}/state
set logfile {case.directory}/log
check host test with address {case.host}
  if failed port {case.port} protocol https with ssl options {{{options}}} timeout 3 seconds then alert
""")
    config.chmod(0o600)
    return Once(["monit", "-c", config, "validate"])


@program("stunnel", "stunnel4", peers.http, Variant(), nameless("sni ="), helps="no empty `sni`")
def stunnel(case):
    verifying = case.by_verification(f"verifyChain = yes\nCAfile = {case.ca}", "")
    sni = "sni =" if case.option else ""
    config = case.write("stunnel.conf", f"foreground = yes\nsyslog = no\npid =\n[a]\nclient = yes\naccept = 127.0.0.1:7100\n"
                        f"connect = {case.host}:{case.port}\n{verifying}\n{sni}\n")
    return Service(["stunnel4", config], get_from_proxy(7100))


# When it is refused, it tries again forever.
@program("redis-benchmark", "redis-tools", peers.redis, nameless("", (NONE,), noisy=True), helps="`--sni NAME`")
def redis_benchmark(case):
    return Once(["timeout", "2", "redis-benchmark", "--tls", "--cacert", case.ca, "--insecure", "-h", case.host, "-p", case.port,
                 "-c", "1", "-n", "1", "PING"])


@program("mariadb-check", "mariadb-client-core", peers.mysql, nameless())
def mariadb_check(case):
    verifying = case.by_verification([f"--ssl-ca={case.ca}", "--ssl-verify-server-cert"], [])
    return Once(["mariadb-check", "--no-defaults", "--ssl", *verifying, "-h", case.host, "-P", case.port, "-u", "tester", "test"])
