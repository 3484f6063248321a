# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl import --format hpkp: headers Public-Key-Pins in responses, and in settings and sources of servers."""

import datetime

from conversion_case import A, B, BOTH, C, ONE, UNEXPECTED, ImportCase, b64, pin
from pinctl_case import main


def value(*words, more="max-age=5184000", quote='"'):
    return "".join(f"pin-sha256={quote}{b64(word)}{quote}; " for word in words) + more


VALUE, OLD = value("a", "b"), value("c")
ESCAPED = VALUE.replace('"', '\\"')
ENTITIES = VALUE.replace('"', "&#34;")
SHORT = value("a", "b", more="max-age=60")
SHORT_ESCAPED = SHORT.replace('"', '\\"')
FIRST = f"'pin-sha256=\"{b64('a')}\"; '"
SECOND = f"'pin-sha256=\"{b64('b')}\"; '"
LABEL = "traefik.http.middlewares.s.headers.publickey="


class Hpkp(ImportCase):
    form = "hpkp"

    def directives(self, *words, more="max-age=5184000; includeSubDomains", quote='"'):
        return " ".join(f"pin-sha256={quote}{b64(word)}{quote};" for word in words) + " " + more

    def take(self, text, *words, **options):
        return self.pins(text, "--format", "hpkp", "--host", "x.org", *words, **options)


class Values(Hpkp):
    def test_value_decides_pins_mode_names_and_end(self):
        pins = f'pin-sha256="{b64("a")}"; pin-sha256="{b64("b")}"'
        self.imports(f"HTTP/1.1 200 OK\r\nServer: x\r\npublic-key-pins: max-age=864000; includesubdomains; {pins};"
                     ' report-uri="http://x.org/;a"\r\n', "--host", "x.org", said="report-uri; left out")
        entry = self.hosts()["x.org"]
        until = datetime.datetime.strptime(entry["expires"], "%Y-%m-%dT%H:%M:%S%z")
        left = (until - datetime.datetime.now(datetime.timezone.utc)).total_seconds()
        self.assertTrue(864000 - 600 < left <= 864000, left)
        self.assertEqual((entry["pins"], entry["include_subdomains"], entry["mode"]), ([pin("a"), pin("b")], True, "enforce"))
        self.imports(f"Public-Key-Pins-Report-Only: {pins}", "--format", "hpkp", "--host", "y.org")
        self.assertEqual((self.hosts()["y.org"]["mode"], self.hosts()["y.org"]["expires"]), ("audit", None))

    def test_bad_values_are_refused(self):
        pins = f'pin-sha256="{b64("a")}"'
        for text, status, said in ((pins, 1, "max-age is missing"), (pins + "; max-age=0", 1, "withdraws the pins"),
                                   (pins + "; max-age=x", 1, "expected a number"), ('pin-sha256="AAAA"; max-age=9', 1, "32 bytes"),
                                   (pins + '; pin-sha1="x"; max-age=9', 1, "pin-sha1"), ("Server: x", 3, "expected a header")):
            self.imports(text, "--format", "hpkp", "--host", "x.org", status=status, said=said)


class Headers(Hpkp):
    def test_folded_header_is_taken_whole(self):
        text = f'HTTP/1.1 200 OK\nPublic-Key-Pins: pin-sha256="{b64("a")}"; max-age=3000;\n  pin-sha256="{b64("b")}"; includeSubDomains\nX: y\n'
        self.assertEqual(self.take(text), {"x.org": [A, B]})
        self.assertTrue(self.entries()[0]["include_subdomains"])

    def test_settings_of_servers(self):
        escaped = self.directives("a", "b").replace('"', '\\"')
        for text in (f"server {{\n  # add_header Public-Key-Pins '{self.directives('c')}';\n  add_header Public-Key-Pins '{self.directives('a', 'b')}' always;\n}}\n",
                     "  add_header Public-Key-Pins '\n    " + self.directives("a", "b").replace("; ", ";\n    ") + "';\n",
                     f'Header always set Public-Key-Pins "{escaped}"\n',
                     'Header set Public-Key-Pins "' + escaped.replace("; ", "; \\\n   ") + '"\n',
                     f'setenv.add-response-header = ( "Public-Key-Pins" => "{escaped}" )\n',
                     f'http-response set-header Public-Key-Pins "{escaped}"\n',
                     "rspadd Public-Key-Pins:\\ " + escaped.replace(" ", "\\ ") + "\n",
                     f"<?php\n// header('Public-Key-Pins: {self.directives('c')}');\nheader('Public-Key-Pins: {self.directives('a', 'b')}');\n",
                     f"<?php header(\"Public-Key-Pins: \" . 'pin-sha256=\"{b64('a')}\";' . 'pin-sha256=\"{b64('b')}\"; max-age=9');\n",
                     '<add name="Public-Key-Pins" value="' + self.directives("a", "b").replace('"', "&quot;") + '" />\n',
                     f'more_set_headers "Public-Key-Pins: {escaped}";\n'):
            self.assertEqual(self.take(text), {"x.org": [A, B]}, text)
            self.forget()

    def test_without_a_value_or_commented_out_they_are_refused(self):
        self.take("add_header Public-Key-Pins $pins;\n", status=1, said="no pin that a policy can hold")
        self.take(f"# Public-Key-Pins: {self.directives('a')}\n", status=3, said="expected a header")


class Mode(Hpkp):
    def test_enforced_header_counts_beside_one_that_reports(self):
        text = f"Public-Key-Pins-Report-Only: {self.directives('c')}\nPublic-Key-Pins: {self.directives('a')}\n"
        self.take(text, status=1, said="another header Public-Key-Pins-Report-Only beside that of line 2")
        self.assertEqual(self.take(text, "--lossy"), {"x.org": [A]})
        self.assertEqual(self.entries()[0]["mode"], "enforce")

    def test_mode_is_that_of_the_name(self):
        value = f'pin-sha256="{b64("a")}"; pin-sha256="{b64("b")}"; max-age=9; report-uri="https://r.org/publickey"'
        for number, (text, mode) in enumerate((
                (f"<?php header('Public-Key-Pins-Report-Only: {value}');\n", "audit"),
                (f"Header always set Public-Key-Pins-Report-Only '{value}'\n", "audit"),
                (f"<?php header('Public-Key-Pins: {value}');\n", "enforce"),
                (f"headers:\n  publicKey: '{value}'\n", "enforce"))):
            with self.subTest(text=text):
                self.pinctl("import", self.file("mode.txt", text), "--format", "hpkp", "--host", f"x{number}.org")
                found = [(entry["mode"], entry["pins"]) for entry in self.entries() if entry["name"] == f"x{number}.org"]
                self.assertEqual(found, [(mode, [A, B])])


class UnknownMode(Hpkp):
    setting = "mode"

    def test_entry_only_logs_where_report_only_is_not_known(self):
        def helmet(more):
            return f'app.use(helmet.hpkp({{ maxAge: 99, sha256s: ["{b64("a")}", "{b64("b")}"]{more} }}))\n'
        enforces, audits = {"x.org": "enforce"}, {"x.org": "audit"}
        self.rows([
            (helmet(", reportOnly: isTest"), audits, "reportOnly: expected true or false"),
            (helmet(", reportOnly: !isLive"), audits, "reportOnly: expected true or false"),
            (helmet(", reportOnly: true && isTest"), audits, "reportOnly: expected true or false"),
            (helmet(", reportOnly"), audits, "reportOnly: expected true or false"),
            (helmet(", 'reportOnly': isTest"), audits, "reportOnly: expected true or false"),
            (helmet(", setIf: isLive"), enforces, None),
            (helmet(", reportOnly: true"), audits, None),
            (helmet(", reportOnly: false"), enforces, None),
            (helmet(", 'reportOnly': true"), audits, None),
            (helmet(", ...options"), audits, "a member that is not written out"),
            (helmet(", ['report' + 'Only']: true"), audits, "a member that is not written out"),
            (helmet(", get reportOnly() { return isTest; }"), audits, "a member that is not written out"),
            (helmet(", reportOnly() { return isTest; }"), audits, "reportOnly: expected true or false"),
            (helmet("").replace("({", "(Object.assign({").replace("})", "}, more))"), audits, "a member that is not written out"),
            (helmet("").replace("({", "(merge(more, {").replace("})", "}))"), audits, "a member that is not written out"),
            (helmet("").replace("app.use(helmet.hpkp(", "const c = ").replace("))", ";\nc.reportOnly = isTest"), audits, "reportOnly stands outside"),
            (helmet("").replace("app.use(helmet.hpkp(", "const c = ").replace("))", ";\nc['reportOnly'] = true"), audits, "reportOnly stands outside"),
            (helmet("").replace("app.use(helmet.hpkp(", "const c = ").replace("))", ";\nc.sha256s.push(next())"), audits, "sha256s stands outside"),
            (helmet(", setIf(request, response) { return request.secure; }"), enforces, None),
            ("app.use(helmet({ csp: { reportOnly: true }, hpkp: { maxAge: 99, sha256s: [\"%s\", \"%s\"] } }))\n" % (b64("a"), b64("b")), enforces, None),
            (helmet(""), enforces, None),
        ], "--host", "x.org")


class Hosts(Hpkp):
    def test_second_header_that_differs_is_named(self):
        text = f"Public-Key-Pins: {self.directives('a')}\nPublic-Key-Pins: {self.directives('b')}\n"
        self.take(text, status=1, said=":2: another header")
        self.assertEqual(self.take(f"Public-Key-Pins: {self.directives('a')}\n" * 2), {"x.org": [A]})

    def test_header_of_the_server_with_the_host_is_taken(self):
        def value(word):
            return f'pin-sha256="{b64(word)}"; pin-sha256="{b64("b")}"; max-age=60'

        def nginx(host, word, name="Public-Key-Pins"):
            return f"server {{\n    server_name {host};\n    location / {{\n        add_header {name} '{value(word)}';\n    }}\n}}\n"

        def apache(host, word):
            quoted = value(word).replace('"', '\\"')
            return f'<VirtualHost *:443>\n  ServerName y.net\n  {host}\n  Header set Public-Key-Pins "{quoted}"\n</VirtualHost>\n'

        def lighttpd(what, host, word):
            quoted = value(word).replace('"', '\\"')
            return f'$HTTP["{what}"] == "{host}" {{\n  setenv.add-response-header = ( "Public-Key-Pins" => "{quoted}" )\n}}\n'

        def sent(word, host="x.org"):
            return f"< HTTP/1.1 200 OK\n< Server: {host}\n< Public-Key-Pins: {value(word)}\n< Date: now\n"

        x, nobody = {"x.org": [A, B]}, "nothing here says which is that of x.org; none is taken"
        self.rows([
            (nginx("y.org", "c") + nginx("www.x.org x.org", "a"), x, "beside that of line"),
            (nginx("x.org", "a") + nginx("y.org", "c"), x, "beside that of line"),
            (nginx("y.org", "c") + nginx("z.org", "a"), {}, nobody),
            (nginx("x.org", "c") + nginx("x.org", "a"), {}, nobody),
            (nginx("y.org", "c") + nginx("y.org", "a").replace("    location", "    if ($host != x.org) {}\n    location"), {}, nobody),
            (nginx("z.org", "a") + nginx("y.org", "c").replace("    ", "").replace("location /", "if ($http_referer = x.org)"), {}, nobody),
            (nginx("y.org", "a") + nginx("z.org", "a"), x, None),
            (nginx("y.org", "c").replace("server {", "server\n{") + nginx("x.org", "a").replace("server {", "server\n{"), x, "beside that of line"),
            (nginx("y.org", "c") + "".join(nginx("x.org", "a").split("\n")), x, "beside that of line"),
            (apache("ServerAlias y.org", "c") + apache("ServerAlias www.x.org x.org:443", "a"), x, "beside that of line"),
            (apache("ServerAlias y.org", "c") + apache("Redirect / https://x.org/", "a"), {}, nobody),
            (f"y.org {{\n  header Public-Key-Pins `{value('c')}`\n}}\nx.org {{\n  header Public-Key-Pins `{value('a')}`\n}}\n".replace("`", "'"), x, "beside that of line"),
            (f"add_header Public-Key-Pins '{value('c')}';\nadd_header Public-Key-Pins '{value('a')}';\n", {}, nobody),
            (sent("a") + f"< Public-Key-Pins: {value('c')}\n", x, "beside that of line"),
            (sent("c", "y.org") + "\n" + sent("a"), {}, nobody),
            (f"y:\n  Public-Key-Pins: {value('c')}\nx:\n  Public-Key-Pins: {value('a')}\n", {}, nobody),
            (lighttpd("host", "y.org", "c") + lighttpd("host", "x.org", "a"), x, "beside that of line"),
            (lighttpd("host", "y.org", "c") + lighttpd("referer", "x.org", "a"), {}, nobody),
        ], "--host", "x.org")
        text = nginx("y.org", "c") + nginx("x.org", "a", "Public-Key-Pins-Report-Only")
        self.assertEqual(self.taken("modes", text, 0, "--format", "hpkp", "--host", "x.org", "--lossy")[1], x)

    def test_unclear_ones_are_named(self):
        self.rows([
            (f"/a/*\n  Public-Key-Pins: {VALUE}\n/*\n  Public-Key-Pins: {value('c')}\n", {}, "another header Public-Key-Pins beside"),
            (f"<?php\nheader('Public-Key-Pins: ' . PINS);\nheader('Public-Key-Pins-Report-Only: {VALUE}');\n", BOTH, "another header Public-Key-Pins beside"),
            (f"res.setHeader('Public-Key-Pins', pins.join('; '));\nres.setHeader('Public-Key-Pins-Report-Only', '{VALUE}');\n", BOTH, "another header Public-Key-Pins beside"),
            (f"add_header Public-Key-Pins $pins;\nadd_header Public-Key-Pins '{VALUE}';\n", BOTH, "another header Public-Key-Pins beside"),
            (f'set resp.http.Public-Key-Pins = {{"{SHORT}"}};\nset resp.http.Public-Key-Pins = {{"pin-sha256="{b64("c")}"; max-age=9"}};\n', {}, "another header"),
            (f"hpkp: {{ maxAge: 99, sha256s: ['{b64('a')}', '{b64('b')}'] }},\nold: {{ maxAge: 99, sha256s: ['{b64('c')}'] }},\n", {}, "another header"),
        ], "--host", "x.org")


class Helmet(Hpkp):
    def test_options_that_are_written_out_are_taken(self):
        pins = f"sha256s: ['{b64('a')}', \"{b64('b')}\"]"
        self.rows([
            (f"app.use(helmet.hpkp({{ maxAge: 100, {pins} }}));\n", BOTH, None),
            (f"app.use(hpkp({{ {pins}, maxage: 100, includeSubdomains: true, reportUri: 'a, b' }}));\n", BOTH, None),
            (f"// hpkp({{ sha256s: ['{b64('c')}'] }})\nhpkp({{\n  maxAge: 100, // c\n  {pins},\n}})\n", BOTH, None),
            (f"hpkp({{ maxAge: days, {pins} }})\n", BOTH, "expected a number of seconds"),
            (f"hpkp({{ maxAge: 24 * 60, {pins} }})\n", BOTH, "expected a number of seconds"),
            (f"hpkp({{ {pins} }})\n", BOTH, "max-age is missing"),
            (f"hpkp({{ maxAge: 100, sha256s: ['{b64('a')}', PIN] }})\n", ONE, 'bad pin-sha256 "PIN"'),
            (f"hpkp({{ maxAge: 100, sha256s: [...PINS, '{b64('a')}'] }})\n", ONE, 'bad pin-sha256 "...PINS"'),
            ("hpkp({ maxAge: 100, sha256s: PINS })\n", {}, "has no pin"),
            (f"hpkp({{ maxAge: 100, {pins}.concat(more) }})\n", BOTH, 'bad pin-sha256 "?"'),
            (f"hpkp({{ {pins}.filter(Boolean), maxAge: 100 }})\n", BOTH, 'bad pin-sha256 "?"'),
            (f"hpkp({{ {pins} as string[], maxAge: 100 }})\n", BOTH, None),
            (f"hpkp({{ {pins} as const, maxAge: 100 }})\n", BOTH, None),
            (f"hpkp({{ {pins} as string[] || more, maxAge: 100 }})\n", BOTH, 'bad pin-sha256 "?"'),
            (f"hpkp({{ maxAge: 100, {pins}, reportOnly: isDev }})\n", BOTH, "reportOnly: expected true or false"),
            (f"hpkp({{ maxAge: 100, {pins}, reportOnly: true && isDev }})\n", BOTH, "reportOnly: expected true or false"),
            (f"hpkp({{ maxAge: 100, {pins}, reportOnly }})\n", BOTH, "reportOnly: expected true or false"),
            (f"hpkp({{ maxAge: 100, {pins}, reportOnly: false, includeSubDomains: false }})\n", BOTH, None),
            (f"hpkp({{ maxAge: 100, {pins}, includeSubDomains: sub }})\n", BOTH, "includeSubDomains: expected true or false"),
            (f"hpkp({{ maxAge: 100, {pins}, ...defaults }})\n", BOTH, "a member that is not written out"),
            (f"hpkp({{ ...defaults, maxAge: 100, {pins} }})\n", BOTH, "a member that is not written out"),
            (f"hpkp({{ maxAge: 100, {pins}, [name]: true }})\n", BOTH, "a member that is not written out"),
            (f"hpkp({{ maxAge: 100, {pins} }})\nhpkp({{ maxAge: 100, sha256s: ['{b64('c')}'] }})\n", {}, "another header"),
            (f"hpkp({{ maxAge: 100, {pins}, sha256: ['{b64('c')}'] }})\n", BOTH, UNEXPECTED),
        ], "--host", "x.org")
        report = f"hpkp({{ maxAge: 100, {pins}, includeSubDomains: true, reportOnly: true }})\n"
        self.pinctl("import", self.file("app.js", report), "--host", "x.org")
        entry, = self.entries()
        self.assertEqual((entry["mode"], entry["include_subdomains"], entry["pins"]), ("audit", True, [A, B]))


class Spellings(Hpkp):
    """Other ways to write what is taken."""

    def test_each_is_taken(self):
        self.rows([
            (f"\ufeffPUBLIC-KEY-PINS: {value('a', 'b')}\r\n", {"x.org": [A, B]}, None),
            (f"< HTTP/1.1 200 OK\n< Public-Key-Pins: {value('a')}\n< X: y\n", {"x.org": [A]}, None),
            (f"  HTTP/1.1 200 OK\n  Public-Key-Pins: {VALUE}\n  X-Frame-Options: DENY\n", BOTH, None),
            (f"headers:\n  Public-Key-Pins: '{VALUE}'\n  X-Frame-Options: DENY\n", BOTH, None),
            (f"/*\n  Public-Key-Pins: {VALUE}\n", BOTH, None),
            (f"<IfModule mod_headers.c>\n  Header always set Public-Key-Pins \"{ESCAPED}\" env=HTTPS\n</IfModule>\n", BOTH, None),
            (f"http-response set-header Public-Key-Pins \"{ESCAPED}\" if {{ ssl_fc }}\n", BOTH, None),
            (f"response.headers['Public-Key-Pins'] = 'pin-sha256=\"{b64('a')}\"; max-age=9; ' \\\n    'pin-sha256=\"{b64('b')}\"'\n", BOTH, None),
            (f"Header set X-A 'a # b'\nHeader set Public-Key-Pins \"{ESCAPED}\"\n", BOTH, None),
            (f"public-key-pins: {VALUE}\nstrict-transport-security: max-age=99\n", BOTH, None),
            (f'{{"name":"public-key-pins","value":"{ESCAPED}"}}\n', BOTH, None),
            (f"self.send_header('Public-Key-Pins', '{VALUE}')\n", BOTH, None),
            (f'response.addHeader("Public-Key-Pins", "pin-sha256=\\"{b64("a")}\\"; " +\n    "pin-sha256=\\"{b64("b")}\\"; max-age=9");\n', BOTH, None),
            (f"Public-Key-Pins: {VALUE}; includeSubdomains; preload\n", BOTH, None),
            (f"Header set Public-Key-Pins \"{ESCAPED}\" \"\" \"expr=%{{HTTPS}} == 'on'\"\n", BOTH, None),
            (f"h['Public-Key-Pins'] = '{VALUE}'.freeze\n", BOTH, None),
            (f'Header unset Public-Key-Pins\nHeader set Public-Key-Pins "{ESCAPED}"\n', BOTH, None),
            (f"more_clear_headers 'Public-Key-Pins';\nmore_set_headers 'Public-Key-Pins: {VALUE}';\n", BOTH, None),
            (f"proxy_hide_header Public-Key-Pins;\nadd_header Public-Key-Pins '{VALUE}';\n", BOTH, None),
            ("rspadd Public-Key-Pins:\\ " + VALUE.replace("; ", ";\\ ") + "\n", BOTH, None),
            (f'setenv.add-response-header += ("Public-Key-Pins" => "pin-sha256=\\"{b64("a")}\\";" + " pin-sha256=\\"{b64("b")}\\"; max-age=9")\n', BOTH, None),
            (f"header / {{\n  Public-Key-Pins `{VALUE}`\n}}\n", BOTH, None),
            (f'w.Header().Set("Public-Key-Pins", `{VALUE}`)\n', BOTH, None),
            (f"response['Public-Key-Pins'] = '{VALUE}'\n", BOTH, None),
            (f'<?xml version="1.0"?>\n<add name="Public-Key-Pins" value="{ENTITIES}" />\n', BOTH, None),
            (f'<add value="{ENTITIES}" name="Public-Key-Pins" />\n', BOTH, None),
            (f'<meta http-equiv="Public-Key-Pins" content="{ENTITIES}">\n', BOTH, None),
            (f'{{"name": "Public-Key-Pins", "value": "{ESCAPED}"}}\n', BOTH, None),
            (f'{{"headers": {{"Public-Key-Pins": "{ESCAPED}"}}}}\n', BOTH, None),
            (f"headers:\n  Public-Key-Pins: '{VALUE}'\n", BOTH, None),
            (f'set resp.http.Public-Key-Pins = "{ESCAPED}";\n', BOTH, None),
            (f"CustomHeader = Public-Key-Pins: {VALUE}\n", BOTH, None),
            (f"add_header X-Note it's;\nadd_header Public-Key-Pins '{VALUE}';\n", BOTH, None),
            (f"add_header X-Note it's;\nadd_header X-Other that's;\nadd_header Public-Key-Pins '{VALUE}';\n", BOTH, None),
            (f"header('Public-Key-Pins: {VALUE}'); echo 'it\\'s';\n", BOTH, None),
            (f"x.org {{\n header {{\n  -Public-Key-Pins\n  ?Public-Key-Pins \"{ESCAPED}\"\n }}\n}}\n", BOTH, None),
            (f"header +Public-Key-Pins \"{ESCAPED}\"\n", BOTH, None),
            (f"header >Public-Key-Pins `{VALUE}`\n", BOTH, None),
            (f"customResponseHeaders:\n  Public-Key-Pins: \"{ESCAPED}\"\n", BOTH, None),
            (f"header !Public-Key-Pins\nheader Public-Key-Pins \"{ESCAPED}\"\n", BOTH, None),
            (f"add_header X-Note a#b;\nadd_header Public-Key-Pins '{VALUE}';\n", BOTH, None),
            (f"headers = {{\n  'Public-Key-Pins': {FIRST}\n    {SECOND}\n    'max-age=99',\n}}\n", BOTH, None),
            (f"headers['Public-Key-Pins'] = ({FIRST}\n  {SECOND}\n  'max-age=99')\nheaders['Strict-Transport-Security'] = 'max-age=9; includeSubDomains'\n", BOTH, None),
            (f"Header set Public-Key-Pins \"{ESCAPED}\" \"expr=%{{HTTPS}}\"\n", BOTH, None),
            (f"h['Public-Key-Pins'] = f'{VALUE}'\n", BOTH, None),
            (f'{{"Public-Key-Pins": ["{ESCAPED}"]}}\n', BOTH, None),
            (f'{{"Public-Key-Pins": [ "{ESCAPED}" ]}}\n', BOTH, None),
            (f'[["Public-Key-Pins", "{ESCAPED}"]]\n', BOTH, None),
            (f"h.Add(\"Public-Key-Pins\", $\"{ESCAPED}\")\n", BOTH, None),
            (f"hpkp({{ maxAge: 99, sha256s: ['{b64('a')}' as string, '{b64('b')}' as string] }})\n", BOTH, None),
            (f'set resp.http.Public-Key-Pins = {{"{SHORT}"}};\n', BOTH, None),
            (f'if (req.http.host ~ "x") {{\n  set resp.http.Public-Key-Pins = {{"{SHORT}"}};\n}}\n', BOTH, None),
            (f'set resp.http.Public-Key-Pins = {{"{SHORT}; includeSubDomains; report-uri="https://r/""}};\n', BOTH, None),
            (f'set resp.http.Public-Key-Pins = {{"pin-sha256="{b64("a")}"; "}} + {{"pin-sha256="{b64("b")}"; max-age=60"}};\n', BOTH, None),
            (f'ngx.header["Public-Key-Pins"] = [[{SHORT}]]\n', BOTH, None),
            (f'{{"public-key-pins":["{SHORT_ESCAPED}"]}}\n', BOTH, None),
            (f'{{"Public-Key-Pins": ["{SHORT_ESCAPED}"], "x": ["y"]}}\n', BOTH, None),
            ('{"Public-Key-Pins": "' + SHORT_ESCAPED.replace("/", "\\u002F").replace("=", "\\u003d") + '"}\n', BOTH, None),
            (f'{{"Public-Key-Pins": "{SHORT_ESCAPED}"}}\n', BOTH, None),
            (f"add_header Public-Key-Pins '{SHORT}'; # [[{SHORT}]]\n", BOTH, None),
            (f'response.withHeaders("Public-Key-Pins" -> "{SHORT_ESCAPED}")\n', BOTH, None),
            (f"headers:\n  publicKey: '{VALUE}'\n", BOTH, None),
            (f"[headers]\n  publicKey = '{VALUE}'\n", BOTH, None),
            (f"labels:\n - \"{LABEL}{ESCAPED}\"\n", BOTH, None),
            (f"labels:\n - \"{LABEL.replace('.s.', '.publickey.')}{ESCAPED}\"\n", BOTH, None),
            (f"hpkp: {{ maxAge: 99, sha256s: ['{b64('a')}', '{b64('b')}'] }},\n", BOTH, None),
            (f"const options = {{ maxAge: 99, sha256s: ['{b64('a')}', '{b64('b')}'] }};\napp.use(helmet.hpkp(options));\n", BOTH, None),
            (f"- key: Public-Key-Pins\n  value: '{VALUE}'\n", BOTH, None),
            (f"- name: Public-Key-Pins\n  value: \"{ESCAPED}\"\n", BOTH, None),
            (f"headers:\n  Public-Key-Pins: |\n    {VALUE}\n", BOTH, None),
            (f"headers:\n  Public-Key-Pins: >-\n    {VALUE}\n  Other: x\n", BOTH, None),
            (f'<add value="{VALUE.replace(chr(34), "&quot;")}" name="Public-Key-Pins"\n/>', BOTH, None),
        ], "--host", "x.org")


class Comments(Hpkp):
    """What is commented out pins nothing."""

    def test_hold_no_pins(self):
        self.rows([
            ("<rules>\n<!-- <add name=\"Public-Key-Pins\" value=\"" + value("c").replace('"', "&quot;") + "\" /> -->\n"
             "<add name=\"Public-Key-Pins\" value=\"" + value("a").replace('"', "&quot;") + "\" /></rules>\n", {"x.org": [A]}, None),
            (f"// res.setHeader('Public-Key-Pins', '{value('c')}');\nres.setHeader('Public-Key-Pins', '{value('a')}');\n", {"x.org": [A]}, None),
            (f"/* add_header Public-Key-Pins '{value('c')}'; */\nadd_header Public-Key-Pins '{value('a')}';\n", {"x.org": [A]}, None),
            (f"-- header('Public-Key-Pins', '{value('c')}')\nheader('Public-Key-Pins', '{value('a')}')\n", {"x.org": [A]}, None),
            (f"add_header Content-Security-Policy \"script-src 'sha256-{b64('c')}'\";\nadd_header Public-Key-Pins '{value('a')}';\n", {"x.org": [A]}, None),
            (f"add_header Public-Key-Pins '{VALUE}' always; # {value('c')}\n", BOTH, None),
            (f"add_header X-A 'a # b' always; # it's {value('c')}\nadd_header Public-Key-Pins '{VALUE}';\n", BOTH, None),
            (f"# it's 'old\nadd_header Public-Key-Pins '{VALUE}'; # not '{value('c')}'\n", BOTH, None),
            (f"add_header Public-Key-Pins 'pin-sha256=\"{b64('a')}\";\n pin-sha256=\"{b64('b')}\"; max-age=9\n' always; # it's {value('c')}\n", BOTH, None),
            (f"<?php /* header('Public-Key-Pins: {value('c')}'); */ header('Public-Key-Pins: {VALUE}'); // {value('c')}\n", BOTH, None),
            (f"add_header X-Note don't; # it's {value('c')}\nadd_header Public-Key-Pins \"{ESCAPED}\";\n", BOTH, None),
            (f"app.use(x); // res.setHeader('Public-Key-Pins', '{OLD}');\nres.setHeader('Public-Key-Pins', '{VALUE}');\n", BOTH, None),
            (f"app.use(x);// res.set('Public-Key-Pins', '{OLD}')\nres.set('Public-Key-Pins', '{VALUE}');\n", BOTH, None),
            (f"x = 'http://y.org'; res.set('Public-Key-Pins', '{VALUE}'); // was '{OLD}'\n", BOTH, None),
            (f"-- header('Public-Key-Pins', '{OLD}')\nheader('Public-Key-Pins', '{VALUE}')\n", BOTH, None),
            (f"add_header Public-Key-Pins '{VALUE}';# old '{OLD}'\n", BOTH, None),
            (f"server {{# Public-Key-Pins '{OLD}'\nadd_header Public-Key-Pins '{VALUE}';}}\n", BOTH, None),
            (f'# set resp.http.Public-Key-Pins = {{"pin-sha256="{b64("c")}"; max-age=9"}};\nset resp.http.Public-Key-Pins = {{"{SHORT}"}};\n', BOTH, None),
            (f"/* hpkp: {{ maxAge: 99, sha256s: ['{b64('c')}'] }} */\nhpkp: {{ maxAge: 99, sha256s: ['{b64('a')}', '{b64('b')}'] }},\n", BOTH, None),
        ], "--host", "x.org")


class Digests(Hpkp):
    """Values that are no digest of a key, or none that a policy can hold."""

    def test_bad_ones_are_named(self):
        self.rows([
            (f"Public-Key-Pins: pin-sha256='{b64('a')}'; {value('b')}\n", {"x.org": [B]}, "bad pin-sha256"),
            (f"hpkp({{ maxAge: 99, sha256s: ['{b64('a')}', Buffer.from(other, 'hex').toString('base64'), '{b64('b')}'] }})\n", BOTH, 'bad pin-sha256 "...Buffer"'),
            (f"Define PIN {b64('c')}\nHeader set Public-Key-Pins \"pin-sha256=\\\"${{PIN}}\\\"; {ESCAPED}\"\n", BOTH, 'bad pin-sha256 "${PIN}"'),
            (f"headers:\n  Public-Key-Pins: '{ESCAPED}'\n", {}, "bad pin-sha256"),
            (f"h['Public-Key-Pins'] = f'{VALUE}; pin-sha256=\"{{SPARE}}\"'\n", BOTH, 'bad pin-sha256 "{SPARE}"'),
            (f"hpkp({{ maxAge: 99, sha256s: ['{b64('a')}' as string + more, '{b64('b')}'] }})\n", {"x.org": [B]}, "bad pin-sha256"),
            (f'Public-Key-Pins: pin_sha256="x"; {SHORT}\n', BOTH, "pin_sha256: browsers know no such directive"),
            (f'Public-Key-Pins: {SHORT}; includeSubDomains=false\n', BOTH, "includeSubDomains=false: it has no value"),
            (f"hpkp: {{ maxAge: 99, sha256s: ['{b64('a')}', spare] }},\n", ONE, 'bad pin-sha256 "spare"'),
        ], "--host", "x.org")


class Twice(Hpkp):
    """Settings that stand there twice."""

    def test_second_one_is_named(self):
        self.rows([
            (f"Public-Key-Pins: {value('a', more='max-age=9; max-age=99')}\n", {"x.org": [A]}, "max-age stands there twice"),
            (f"Public-Key-Pins: {value('a', more='includeSubDomains; max-age=9; includesubdomains')}\n", {"x.org": [A]}, "includesubdomains stands there twice"),
        ], "--host", "x.org")


class Directives(Hpkp):
    """Directives of the header."""

    def test_unknown_ones_are_named(self):
        self.rows([
            (f"Public-Key-Pins: {value('a')}; pin-sha512=\"AAAA\"\n", {"x.org": [A]}, "pin-sha512: only SHA-256"),
            (f'Public-Key-Pins: {SHORT}, pin-sha256="x"\n', BOTH, "max-age: expected a number"),
            (f'Public-Key-Pins: ,pin-sha256="x"; {SHORT}\n', BOTH, ",pin-sha256: browsers know no such directive"),
            (f"hpkp: {{ maxAge: age, sha256s: ['{b64('a')}', '{b64('b')}'] }},\n", BOTH, "max-age"),
        ], "--host", "x.org")


class NotWrittenOut(Hpkp):
    """Values of which a part is a variable or a call."""

    def test_part_of_a_value_is_named(self):
        self.rows([
            (f"<?php\nheader('Public-Key-Pins: {VALUE}; ' . $more);\n", BOTH, '"$$more)" is not written out'),
            (f"add_header Public-Key-Pins '{VALUE}; $more';\n", BOTH, '"$more" is not written out'),
            (f"h['Public-Key-Pins'] = '{VALUE}; {{}}'.format(more)\n", BOTH, "is not written out"),
            (f"h['Public-Key-Pins'] = '{VALUE}; ' + more\n", BOTH, "is not written out"),
            (f"h['Public-Key-Pins'] = '{VALUE}; %s' % more\n", BOTH, "is not written out"),
            (f"('Public-Key-Pins', {FIRST} {SECOND} + MORE + 'max-age=99'),\n", BOTH, "is not written out"),
        ], "--host", "x.org")


class Unread(Hpkp):
    """A pin where the format has none is named, with its line."""

    def test_pins_elsewhere_are_named(self):
        self.rows([
            (f"set $pins '{value('b')}';\nadd_header Public-Key-Pins '{value('a')}';\n", {"x.org": [A]}, UNEXPECTED),
            (f"Public-Key-Pins: {value('a')};\n {value('b', more='')}\n\tpin-sha256=\"{b64('c')}\"\nX: pin-sha256=\"{b64('d')}\"\n", {"x.org": [A, B, C]}, UNEXPECTED),
            (f"Public-Key-Pins: {VALUE}\n\nconfig.hpkp = {{ pins: [{{sha256: \"{b64('c')}\"}}] }}\n", BOTH, UNEXPECTED),
            (f"Public-Key-Pins: {VALUE}\n\n.httpPublicKeyPinning().addSha256Pins(\"{b64('c')}\")\n", BOTH, UNEXPECTED),
            (f"map $scheme $pins {{ https '{value('c')}'; }}\nadd_header Public-Key-Pins '{VALUE}';\n", BOTH, UNEXPECTED),
            (f"h.Add(\"Public-Key-Pins\", @\"{VALUE.replace(chr(34), chr(34) * 2)}\")\n", {}, UNEXPECTED),
            (f"labels:\n - {LABEL}{VALUE}\n", ONE, UNEXPECTED),
            (f"peer:\n  publicKey: '{b64('c')}'\nheaders:\n  publicKey: '{VALUE}'\n", BOTH, UNEXPECTED),
            (f"myPublicKey: '{VALUE}'\nheaders:\n  publicKey: '{VALUE}'\n", BOTH, UNEXPECTED),
            (f"set $pins '{VALUE}';\nadd_header Public-Key-Pins $pins;\n", {}, UNEXPECTED),
        ], "--host", "x.org")


if __name__ == "__main__":
    main()
