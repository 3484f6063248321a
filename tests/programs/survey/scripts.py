# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""More libraries of interpreted languages, mostly used without giving a name."""

import peers
from languages import CONTEXT, HEAD, python
from programs import NONE, VERIFY, Once, Variant, nameless, program

APPLICATION = "application verification failure"


@program("python3 ssl", "python3", peers.http, nameless("without server_hostname"),
         sees=APPLICATION, helps="`server_hostname=NAME`")
def python_ssl(case):
    return python(case, HEAD + CONTEXT + """
import socket
context.check_hostname = False
try:
    with socket.create_connection((host, port), 5) as raw, context.wrap_socket(raw) as tls:
        tls.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
        print(tls.recv(65536))
except OSError as error:
    print(error)
    sys.exit(1)
""")


@program("python3-openssl", "python3-openssl", peers.http, nameless(), sees="certificate verify failed",
         helps="`set_tlsext_host_name(NAME)`")
def pyopenssl(case):
    return python(case, HEAD + """
import socket
from OpenSSL import SSL
context = SSL.Context(SSL.TLS_CLIENT_METHOD)
context.load_verify_locations(ca)
context.set_verify(SSL.VERIFY_PEER if verifies else SSL.VERIFY_NONE, lambda *words: bool(words[-1]))
try:
    tls = SSL.Connection(context, socket.create_connection((host, port)))
    tls.set_connect_state()
    tls.do_handshake()
    tls.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
    print(tls.recv(65536))
except SSL.Error as error:
    print(error)
    sys.exit(1)
""")


@program("python3-m2crypto", "python3-m2crypto", peers.http, nameless(), helps="`set_tlsext_host_name(NAME)`")
def m2crypto(case):
    return python(case, HEAD + """
from M2Crypto import SSL
context = SSL.Context("tls")
if verifies:
    context.set_verify(SSL.verify_peer, 9)
    context.load_verify_locations(ca)
tls = SSL.Connection(context)
if not verifies:
    tls.set_post_connection_check_callback(None)
try:
    tls.connect((host, port))
    tls.write(b"GET / HTTP/1.0\\r\\n\\r\\n")
    print(tls.read())
except (SSL.SSLError, SSL.Checker.SSLVerificationError, OSError) as error:
    print(error)
    sys.exit(1)
""")


@program("python3-twisted", "python3-twisted", peers.http, nameless("CertificateOptions", (NONE,)),
         helps="`optionsForClientTLS(NAME)`")
def twisted(case):
    return python(case, HEAD + """
from twisted.internet import protocol, reactor, ssl
class Client(protocol.Protocol):
    def connectionMade(self):
        self.transport.write(b"GET / HTTP/1.0\\r\\n\\r\\n")
    def dataReceived(self, data):
        print(data)
    def connectionLost(self, reason):
        print(reason.getErrorMessage())
        if reactor.running:
            reactor.stop()
reactor.connectSSL(host, port, protocol.ClientFactory.forProtocol(Client), ssl.CertificateOptions())
reactor.callLater(8, reactor.stop)
reactor.run()
""")


@program("python3-pika", "python3-pika", peers.reads, Variant())
def pika(case):
    return python(case, HEAD + CONTEXT + """
import pika
context.check_hostname = False
try:
    pika.BlockingConnection(pika.ConnectionParameters(host, port, ssl_options=pika.SSLOptions(context), socket_timeout=3,
                                                      blocked_connection_timeout=3, stack_timeout=3))
except Exception as error:
    print(type(error).__name__, error.args[0] if error.args else "")
    sys.exit(1)
""")


@program("python3-amqp", "python3-amqp", peers.reads, nameless(), helps="`server_hostname`")
def amqp(case):
    return python(case, HEAD + """
import ssl
import amqp
options = {"cert_reqs": ssl.CERT_REQUIRED if verifies else ssl.CERT_NONE, "ca_certs": ca}
try:
    amqp.Connection(f"{host}:{port}", ssl=options, connect_timeout=3, read_timeout=3).connect()
except Exception as error:
    print(type(error).__name__, error)
    sys.exit(1)
""")


@program("python3-stomp", "python3-stomp", peers.reads, Variant())
def stomp(case):
    return python(case, HEAD + """
import stomp
connection = stomp.Connection([(host, port)], reconnect_attempts_max=1, timeout=3)
connection.set_ssl(for_hosts=[(host, port)], ca_certs=ca if verifies else None)
try:
    connection.connect("tester", "x")
except Exception as error:
    print(type(error).__name__)
    sys.exit(1)
""")


@program("python3-mysqldb", "python3-mysqldb", peers.mysql, nameless())
def mysqldb(case):
    return python(case, HEAD + """
import MySQLdb
options = {"ca": ca} if verifies else {"cipher": "DEFAULT"}
try:
    MySQLdb.connect(host=host, port=port, user="tester", passwd="x", ssl=options, connect_timeout=5)
    print("connected")
except MySQLdb.Error as error:
    print(error)
    sys.exit(1)
""")


@program("perl DBD::MariaDB", "libdbd-mariadb-perl", peers.mysql, nameless("", (VERIFY,)))
def dbd_mariadb(case):
    script = case.write("script.pl", """
use DBI;
my ($host, $port, $ca) = @ARGV;
my $trust = "mariadb_ssl=1;mariadb_ssl_ca_file=$ca;mariadb_ssl_verify_server_cert=1";
my $link = DBI->connect("DBI:MariaDB:host=$host;port=$port;$trust;mariadb_connect_timeout=5", "tester", "x", {PrintError => 0});
print $link ? "connected\\n" : "$DBI::errstr\\n";
exit($link ? 0 : 1);
""")
    return Once(["perl", script, case.host, case.port, case.ca])


@program("perl Net::SSL", "libcrypt-ssleay-perl", peers.http, Variant("", (NONE,)))
def net_ssl(case):
    script = case.write("script.pl", """
use Net::SSL;
my $tls = Net::SSL->new(PeerAddr => $ARGV[0], PeerPort => $ARGV[1], Timeout => 5);
if (!$tls) { print "$@\\n"; exit 1; }
$tls->print("GET / HTTP/1.0\\r\\n\\r\\n");
my $page;
$tls->read($page, 65536);
print "$page\\n";
""")
    return Once(["perl", script, case.host, case.port])


@program("perl IO::Socket::SSL", "libio-socket-ssl-perl", peers.http, nameless("start_SSL"), sees="certificate verify failed",
         helps="`SSL_hostname`")
def io_socket_ssl(case):
    script = case.write("script.pl", """
use IO::Socket::INET;
use IO::Socket::SSL;
my ($host, $port, $ca, $verifies) = @ARGV;
my $raw = IO::Socket::INET->new(PeerAddr => $host, PeerPort => $port) or die;
my $mode = $verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE;
my $tls = IO::Socket::SSL->start_SSL($raw, SSL_verify_mode => $mode, SSL_ca_file => $ca, SSL_verifycn_scheme => "none");
if (!$tls) { print "$SSL_ERROR\\n"; exit 1; }
print $tls "GET / HTTP/1.0\\r\\n\\r\\n";
print <$tls>;
""")
    return Once(["perl", script, case.host, case.port, case.ca, case.by_verification("1", "")])


@program("perl AnyEvent", "libanyevent-perl", peers.http, Variant("", (NONE,)))
def anyevent(case):
    script = case.write("script.pl", """
use AnyEvent;
use AnyEvent::Handle;
my $done = AnyEvent->condvar;
my $handle;
$handle = AnyEvent::Handle->new(connect => [$ARGV[0], $ARGV[1]], tls => "connect", timeout => 5,
  on_error => sub { print "$_[2]\\n"; $done->send(1) },
  on_read => sub { print $_[0]{rbuf}; $_[0]{rbuf} = ""; $done->send(0) });
$handle->push_write("GET / HTTP/1.0\\r\\n\\r\\n");
exit $done->recv;
""")
    return Once(["perl", script, case.host, case.port])


def ruby(case, text):
    script = case.write("script.rb", "host, port, ca, verifies, name = ARGV\n" + text)
    return Once(["ruby", script, case.host, case.port, case.ca, case.by_verification("1", ""), case.option])


@program("ruby OpenSSL", "ruby", peers.http, Variant("hostname="), nameless(), sees="certificate verify failed",
         helps="`hostname = NAME`")
def ruby_openssl(case):
    return ruby(case, """
require "socket"
require "openssl"
context = OpenSSL::SSL::SSLContext.new
mode = verifies == "1" ? OpenSSL::SSL::VERIFY_PEER : OpenSSL::SSL::VERIFY_NONE
context.set_params(ca_file: ca, verify_mode: mode, verify_hostname: false)
begin
  tls = OpenSSL::SSL::SSLSocket.new(TCPSocket.new(host, port), context)
  tls.hostname = host if name != ""
  tls.connect
  tls.write("GET / HTTP/1.0\\r\\n\\r\\n")
  puts tls.read
rescue SystemCallError, OpenSSL::SSL::SSLError => error
  puts error.message
  exit 1
end
""")


@program("ruby-net-ldap", "ruby-net-ldap", peers.ldaps, nameless())
def ruby_ldap(case):
    return ruby(case, """
require "net/ldap"
mode = verifies == "1" ? OpenSSL::SSL::VERIFY_PEER : OpenSSL::SSL::VERIFY_NONE
begin
  encryption = {method: :simple_tls, tls_options: {verify_mode: mode, ca_file: ca}}
  ldap = Net::LDAP.new(host: host, port: port.to_i, encryption: encryption)
  puts ldap.bind
rescue StandardError => error
  puts error.class
  exit 1
end
""")


@program("ruby-eventmachine", "ruby-eventmachine", peers.http, nameless("", (NONE,)), helps="`sni_hostname`")
def eventmachine(case):
    return ruby(case, """
require "eventmachine"
module Client
  def post_init; start_tls; end
  def ssl_handshake_completed; send_data("GET / HTTP/1.0\\r\\n\\r\\n"); end
  def receive_data(data); puts data; end
  def unbind; puts "closed"; EM.stop; end
end
EM.run { EM.connect(host, port.to_i, Client); EM.add_timer(8) { EM.stop } }
""")


@program("ruby-mysql2", "ruby-mysql2", peers.mysql, nameless())
def mysql2(case):
    return ruby(case, """
require "mysql2"
trust = verifies == "1" ? {sslca: ca, sslverify: true, ssl_mode: :verify_identity} : {ssl_mode: :required, sslverify: false}
begin
  Mysql2::Client.new(host: host, port: port.to_i, username: "tester", password: "x", connect_timeout: 5, **trust)
  puts "connected"
rescue Mysql2::Error => error
  puts error.message
  exit 1
end
""")


@program("php ftp_ssl_connect", "php-cli", peers.ftp, nameless("", (NONE,)))
def php_ftp(case):
    script = case.write("script.php", """<?php
$link = ftp_ssl_connect($argv[1], (int)$argv[2], 5);
if (!$link || !@ftp_login($link, 'tester', 'x')) { echo "not connected\\n"; exit(1); }
echo "logged in\\n";
""")
    return Once(["php", script, case.host, case.port])


@program("nodejs tls", "nodejs", peers.http, nameless("over a socket of its own", (NONE,)), helps="`servername: NAME`")
def nodejs_tls(case):
    script = case.write("script.js", """
const [host, port] = process.argv.slice(2);
const raw = require("net").connect(+port, host, () => {
  const tls = require("tls").connect({socket: raw, rejectUnauthorized: false}, () => tls.write("GET / HTTP/1.0\\r\\n\\r\\n"));
  tls.on("data", data => console.log(String(data)));
  tls.on("error", error => { console.log(error.code); process.exit(1); });
});
""")
    return Once(["nodejs", "--openssl-shared-config", script, case.host, case.port])


@program("python3 asyncio", "python3", peers.http, nameless('server_hostname=""'), sees=APPLICATION,
         helps="leaving `server_hostname` out")
def python_asyncio(case):
    return python(case, HEAD + CONTEXT + """
import asyncio
context.check_hostname = False
async def main():
    reader, writer = await asyncio.open_connection(host, port, ssl=context, server_hostname="")
    writer.write(b"GET / HTTP/1.0\\r\\n\\r\\n")
    print(await reader.read(65536))
try:
    asyncio.run(main())
except OSError as error:
    print(error)
    sys.exit(1)
""")


@program("php streams", "php-cli", peers.http, nameless("SNI_enabled off"), sees="refused by the pinning policy of this machine",
         helps="`SNI_enabled`, which is on by default")
def php_streams(case):
    script = case.write("script.php", """<?php
[, $host, $port, $ca, $verifies] = $argv;
$options = ['SNI_enabled' => false, 'verify_peer' => (bool)$verifies, 'verify_peer_name' => false, 'cafile' => $ca];
$context = stream_context_create(['ssl' => $options]);
$link = stream_socket_client("ssl://$host:$port", $code, $message, 5, STREAM_CLIENT_CONNECT, $context);
if (!$link) { exit(1); }
fwrite($link, "GET / HTTP/1.0\\r\\n\\r\\n");
echo stream_get_contents($link), "\\n";
""")
    return Once(["php", "-d", "display_errors=1", script, case.host, case.port, case.ca, case.by_verification("1", "")])


@program("perl IO::Async::SSL", "libio-async-ssl-perl", peers.http, nameless("SSL_upgrade", (NONE,)), helps="`SSL_hostname`")
def io_async(case):
    script = case.write("script.pl", """
use IO::Async::Loop;
use IO::Async::SSL;
use IO::Async::Stream;
use IO::Socket::INET;
use IO::Socket::SSL;
my $loop = IO::Async::Loop->new;
my $raw = IO::Socket::INET->new(PeerAddr => $ARGV[0], PeerPort => $ARGV[1]) or die;
$raw->blocking(0);
my $stream = IO::Async::Stream->new(handle => $raw, on_read => sub { print ${$_[1]}; ${$_[1]} = ""; $loop->stop; 0 },
  on_closed => sub { $loop->stop });
my $upgraded = eval { $loop->SSL_upgrade(handle => $stream, SSL_verify_mode => SSL_VERIFY_NONE)->get; 1 };
if (!$upgraded) { print "not upgraded\\n"; exit 1; }
$loop->add($stream);
$stream->write("GET / HTTP/1.0\\r\\n\\r\\n");
$loop->run;
""")
    return Once(["perl", script, case.host, case.port])


def libpq(case):
    mode = case.by_verification(f"sslmode=verify-full sslrootcert={case.ca}", "sslmode=require")
    return f"host={case.host} port={case.port} user=tester dbname=test sslsni=0 connect_timeout=5 {mode}"


@program("python3-psycopg2", "python3-psycopg2", peers.postgres, nameless("sslsni=0"), sees="certificate verify failed",
         helps="`sslsni=1`, which is the default")
def psycopg2(case):
    return Once(["/usr/bin/python3", case.write("script.py", """
import sys
import psycopg2
try:
    psycopg2.connect(sys.argv[1]).cursor().execute("select 1")
    print("connected")
except psycopg2.Error as error:
    print(error)
    sys.exit(1)
"""), libpq(case)])


@program("perl DBD::Pg", "libdbd-pg-perl", peers.postgres, nameless("sslsni=0"), sees="certificate verify failed",
         helps="`sslsni=1`, which is the default")
def dbd_pg(case):
    script = case.write("script.pl", """
use DBI;
my $link = DBI->connect("DBI:Pg:" . join(";", split(/ /, $ARGV[0])), "tester", "x", {PrintError => 0});
print $link ? "connected\\n" : "$DBI::errstr\\n";
exit($link ? 0 : 1);
""")
    return Once(["perl", script, libpq(case)])
