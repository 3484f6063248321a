# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Libraries of interpreted languages, each used in a few lines as in a script."""

import peers
from programs import BOTH_WAYS, NONE, Once, Variant, nameless, program


def python(case, text):
    return Once(["/usr/bin/python3", case.write("script.py", text), case.host, case.port, case.ca,
                 case.by_verification("1", "")])


HEAD = """
import sys
host, port, ca, verifies = sys.argv[1], int(sys.argv[2]), sys.argv[3], bool(sys.argv[4])
"""


@program("python3-ldap3", "python3-ldap3", peers.ldaps, nameless(),
         sees="certificate verify failed: application verification failure")
def ldap3(case):
    return python(case, HEAD + """
import ssl
from ldap3 import Connection, Server, Tls
tls = Tls(validate=ssl.CERT_REQUIRED if verifies else ssl.CERT_NONE, ca_certs_file=ca if verifies else None)
try:
    Connection(Server(host, port=port, use_ssl=True, tls=tls, get_info=None), auto_bind=True)
    print("bound")
except Exception as error:
    print(str(error).splitlines()[0])
    sys.exit(1)
""")


CONTEXT = """
import ssl
context = ssl.create_default_context(cafile=ca)
if not verifies:
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
"""


@program("python3-aiohttp", "python3-aiohttp", peers.http, Variant(),
         sees="certificate verify failed: application verification failure")
def aiohttp(case):
    return python(case, HEAD + CONTEXT + """
import asyncio
import aiohttp
async def main():
    async with aiohttp.ClientSession() as session:
        async with session.get(f"https://{host}:{port}/", ssl=context) as answer:
            print(await answer.text())
try:
    asyncio.run(main())
except aiohttp.ClientError as error:
    print(error)
    sys.exit(1)
""")


@program("python3-tornado", "python3-tornado", peers.http, Variant(),
         sees="certificate verify failed: application verification failure")
def tornado(case):
    return python(case, HEAD + CONTEXT + """
import asyncio
from tornado.httpclient import AsyncHTTPClient
async def main():
    print((await AsyncHTTPClient().fetch(f"https://{host}:{port}/", ssl_options=context)).body)
try:
    asyncio.run(main())
except (ssl.SSLError, OSError) as error:
    print(error)
    sys.exit(1)
""")


@program("python3-httpx", "python3-httpx", peers.http, Variant(),
         sees="certificate verify failed: application verification failure")
def httpx(case):
    return python(case, HEAD + CONTEXT + """
import httpx
try:
    print(httpx.get(f"https://{host}:{port}/", verify=context).text)
except httpx.HTTPError as error:
    print(error)
    sys.exit(1)
""")


@program("lua-sec", "lua-sec lua5.3", peers.http, Variant("sni()"), nameless(),
         sees="certificate verify failed", helps="`sni(NAME)`")
def lua_sec(case):
    script = case.write("script.lua", """
local host, port, ca, verifies, sni = ...
local socket, ssl = require("socket"), require("ssl")
local raw = socket.tcp()
raw:settimeout(5)
assert(raw:connect(host, tonumber(port)))
local tls = assert(ssl.wrap(raw, {mode = "client", protocol = "any", cafile = ca,
                                  verify = verifies == "1" and "peer" or "none"}))
if sni ~= "" then tls:sni(host) end
local done, message = tls:dohandshake()
if not done then print(message) os.exit(1) end
tls:send("GET / HTTP/1.0\\r\\n\\r\\n")
print((tls:receive("*a")))
""")
    return Once(["lua5.3", script, case.host, case.port, case.ca, case.by_verification("1", ""), case.option])


@program("tcl-tls", "tcl-tls", peers.http, Variant("-servername NAME"), nameless(),
         sees="handshake failed: certificate verify failed", helps="`-servername NAME`")
def tcl_tls(case):
    script = case.write("script.tcl", """
package require tls
lassign $argv host port ca verifies name
set options [list -cafile $ca -require $verifies -ssl2 0 -ssl3 0 -tls1 0 -tls1.1 0 -tls1.2 1]
if {$name ne ""} { lappend options -servername $host }
set channel [tls::socket {*}$options $host $port]
if {[catch {tls::handshake $channel} message]} { puts $message; exit 1 }
puts $channel "GET / HTTP/1.0\\r\\n\\r\\n"
flush $channel
puts [read $channel]
""")
    return Once(["tclsh", script, case.host, case.port, case.ca, case.by_verification("1", "0"), case.option])


@program("php mysqli", "php-mysql", peers.mysql, Variant(),
         sees="Cannot connect to MySQL using SSL")
def mysqli(case):
    script = case.write("script.php", """<?php
[, $host, $port, $ca, $verifies] = $argv;
mysqli_report(MYSQLI_REPORT_OFF);
$link = mysqli_init();
$link->ssl_set(null, null, $ca, null, null);
$flags = MYSQLI_CLIENT_SSL | ($verifies ? 0 : MYSQLI_CLIENT_SSL_DONT_VERIFY_SERVER_CERT);
if (!@$link->real_connect($host, 'tester', 'x', '', (int)$port, null, $flags)) { echo $link->connect_error, "\\n"; exit(1); }
echo "connected\\n";
""")
    return Once(["php", script, case.host, case.port, case.ca, case.by_verification("1", "")])


@program("perl Net::SSLeay", "libnet-ssleay-perl", peers.http, nameless("get_https", (NONE,)),
         sees="900 NET OR SSL ERROR", helps="IO::Socket::SSL or LWP in its place")
def ssleay(case):
    script = case.write("script.pl", """
use Net::SSLeay qw(get_https);
my ($page, $response) = get_https($ARGV[0], $ARGV[1], '/');
print "$response\\n$page\\n";
exit($response =~ / 200 / ? 0 : 1);
""")
    return Once(["perl", script, case.host, case.port])


@program("erlang fast_tls", "erlang-p1-tls", peers.http, Variant("sni", (NONE,)),
         nameless("", (NONE,), blind_foreign=BOTH_WAYS),
         sees="SSL_do_handshake failed", helps="the option `sni`, which ejabberd gives")
def fast_tls(case):
    script = case.write("script.escript", """#!/usr/bin/escript
main([Host, Port, Ca, Verifies, Sni]) ->
  code:add_paths(filelib:wildcard("/usr/lib/*/erlang-p1-tls/*/ebin") ++ filelib:wildcard("/usr/lib/erlang/lib/*/ebin")),
  {ok, _} = application:ensure_all_started(fast_tls),
  {ok, Raw} = gen_tcp:connect(Host, list_to_integer(Port), [binary, {packet, raw}, {active, false}]),
  Trust = case Verifies of "1" -> [{cafile, list_to_binary(Ca)}]; _ -> [verify_none] end,
  Name = case Sni of "" -> []; _ -> [{sni, list_to_binary(Host)}] end,
  {ok, Tls} = fast_tls:tcp_to_tls(Raw, [connect] ++ Trust ++ Name),
  fast_tls:send(Tls, <<"GET / HTTP/1.0\\r\\n\\r\\n">>),
  case fast_tls:recv(Tls, 0, 5000) of
    {ok, Data} when Data =/= <<>> -> io:format("~s~n", [Data]);
    Other -> io:format("~p ~p~n", [Other, fast_tls:get_verify_result(Tls)]), halt(1)
  end.
""")
    return Once(["escript", script, case.host, case.port, case.ca, case.by_verification("1", "0"), case.option])
