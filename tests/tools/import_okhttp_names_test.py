# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl import --format okhttp: what names and templates in a source stand for. Each has the value that the source's own language
gives it, or is named as not written out."""

from conversion_case import A, B, C, HOSTS, ONE, UNEXPECTED, ImportCase, b64
from pinctl_case import main

NOT_WRITTEN = "a pin is not written out in this file"
HOST_LOST = "the host is not written out"
GOOD = f'CertificatePinner.Builder().add("x.org", "{A}")'
USE = GOOD + f'.add(host, "{B}").build()\n'
LIVE, DEV = 'val host = "y.org"\n', 'object Dev { val host = "z.org" }\n'
THIRD = {**ONE, "z.org": [B]}


class Names(ImportCase):
    form = "okhttp"


class Constants(Names):
    def test_constant_is_taken(self):
        self.assertEqual(self.pins(f'''const val HOST = "a.org"
            object Pins {{ private static final String PIN = "{A}"; }}
            val base: String = "b.org"
            CertificatePinner.Builder().add(HOST, Pins.PIN).add("api." + base, "{B}").build()'''), {"a.org": [A], "api.b.org": [B]})

    def test_constant_of_another_type_is_not_taken(self):
        live = f'object Live {{ const val PIN = "{b64("b")}" }}\n'

        def call(pins):
            return GOOD + f'.add("y.org", {pins}).build()\n'
        self.rows([
            (live + call('"sha256/${Dev.PIN}"'), ONE, NOT_WRITTEN),
            (live + call('"sha256/" + Dev.PIN'), ONE, NOT_WRITTEN),
            (live + call('"sha256/${Live.PIN}"'), HOSTS, None),
            ("package com.x\n" + live + call('"sha256/${com.x.Live.PIN}"'), HOSTS, None),
            (live + call('"sha256/" + Live.PIN'), HOSTS, None),
            (live + call('"sha256/$PIN"'), ONE, NOT_WRITTEN),
            ("package com.x\nimport com.x.Live.PIN\n" + live + call('"sha256/$PIN"'), HOSTS, None),
            ("package com.x\nimport com.x.Live.*\n" + live + call('"sha256/$PIN"'), HOSTS, None),
            (live + "object Dev { const val PIN = \"%s\" }\n" % b64("c") + call('"sha256/${Live.PIN}"'), HOSTS, None),
            (live + "object Dev { const val PIN = \"%s\" }\n" % b64("c") + call('"sha256/$PIN"'), ONE, NOT_WRITTEN),
            (f'class Live {{ companion object {{ const val PIN = "{b64("b")}" }} }}\n' + call('"sha256/${Live.PIN}"'), HOSTS, None),
            (f'class Live {{ companion object {{ const val PIN = "{b64("b")}" }} }}\n' + call('"sha256/${Live.Companion.PIN}"'), HOSTS, None),
            (f'class Live {{ companion object Pins {{ const val PIN = "{b64("b")}" }} }}\n' + call('"sha256/${Live.Pins.PIN}"'), HOSTS, None),
            (f'class Net {{\n{call(chr(34) + "sha256/$PIN" + chr(34))}\n companion object {{ const val PIN = "{b64("b")}" }} }}\n', HOSTS, None),
            (f'interface Pins {{ String PIN = "{B}"; }}\nclass Net implements Pins {{ Object f() {{ return {call("PIN")}; }} }}\n', HOSTS, None),
            (f'interface Pins {{ String PIN = "{B}"; }}\nclass Net {{ Object f() {{ return {call("PIN")}; }} }}\n', ONE, NOT_WRITTEN),
            (f'class Live {{ class Pins {{ static final String PIN = "{B}"; }} }}\n' + call("Live.Pins.PIN"), HOSTS, None),
            (f'fun dev() {{ val pin = "{B}"; use(pin) }}\nfun live() {{ {call("pin")} }}\n', ONE, NOT_WRITTEN),
            (f'fun live() {{ val pin = "{B}"\n{call("pin")} }}\n', HOSTS, None),
            (f'val pin = "{C}"\nfun live() {{ val pin = "{B}"\n{call("pin")} }}\n', HOSTS, UNEXPECTED),
            (f'class Net {{ String pin;\n Net() {{ pin = "{B}"; }}\n void f() {{ {call("pin")}; }} }}\n', HOSTS, None),
            (f'class Net {{ String pin = "{C}";\n Net() {{ pin = "{B}"; }}\n void f() {{ {call("pin")}; }} }}\n', ONE, NOT_WRITTEN),
            (f'buildTypes {{\n release {{ PIN = "{B}" }}\n debug {{ PIN = "{C}" }} }}\n' + call("PIN"), ONE, NOT_WRITTEN),
        ])

    def test_values_of_calls_and_callers_are_not_taken(self):
        """A name has the value that the source gives it once for all, and none that a call or a caller gives."""
        def builder(call):
            return f'CertificatePinner.Builder()\n.add("x.org", "{A}")\n.add({call})\n.build()\n'
        use = builder(f'host, "{B}"')
        self.rows([
            ('fun a() = connect(host = "y.org", port = 8443)\n' + use, ONE, HOST_LOST),
            ('fun a(host: String = "y.org") = 1\n' + use, ONE, HOST_LOST),
            ('class P(val host: String = "y.org", val port: Int)\n' + use, ONE, HOST_LOST),
            ('@Named(host = "y.org")\n' + use, ONE, HOST_LOST),
            ('val host = "y.org"\nfun a() = connect(host = "z.org")\n' + use, ONE, HOST_LOST),
            ('val host = "y.org"\nfun pinner(host: String) = ' + use, ONE, HOST_LOST),
            ('String host = "y.org";\nPinner pinner(final String host, int port) { return ' + use + "}\n", ONE, HOST_LOST),
            ('val host = "y.org"\nhosts.forEach { host -> ' + use + "}\n", ONE, HOST_LOST),
            ('val host = "y.org"\nhosts.forEach { (host, pin) -> ' + use + "}\n", ONE, HOST_LOST),
            ('val host = "y.org"\nfor (host in hosts) ' + use, ONE, HOST_LOST),
            ('String host = "y.org";\nfor (String host : hosts) ' + use, ONE, HOST_LOST),
            ('request.host = "y.org"\n' + use, ONE, HOST_LOST),
            ('object P { const val host = "y.org"\nval l = listOf("z.org")\n' + use + "}\n", HOSTS, None),
            ('object P { const val host = "y.org" }\nval l = listOf("z.org")\n' + use, ONE, HOST_LOST),
            ('val a = run({ val host = "y.org"\n' + use + "})\n", HOSTS, None),
            ('val a = run({ val host = "y.org" })\n' + use, ONE, HOST_LOST),
            ('class P(val a: Int) { val host: String = "y.org"\n' + use + "}\n", HOSTS, None),
            ('class Api(private val context: Context, port: Int = 443) {\n  companion object {\n    private const val HOST = "y.org"\n'
             f'    const val PIN = "{B}"\n  }}\n  val all = mapOf(HOST to PIN)\n  fun client(pin: String): Client = Client.Builder().pinner(\n'
             + builder("HOST, Api.PIN") + "  ).build()\n}\n", HOSTS, None),
            (f'class Api {{\n  private static final String HOST = "y.org", PIN = "{B}";\n  Client client(Context context) {{ return pin('
             + builder("HOST, Api.PIN") + "); }\n}\n", HOSTS, None),
            ('P() { this.host = "y.org"; connect(host, 443); }\n' + use, HOSTS, None),
        ])

    def test_variable_that_changes_is_not_taken(self):
        live = 'var host = "y.org"\n'
        self.rows([
            (live + USE, HOSTS, None),
            (live + 'when (type) {\n dev -> host = "z.org"\n}\n' + USE, ONE, HOST_LOST),
            (live + 'switch (type) { case 1 -> host = "z.org"; }\n' + USE, ONE, HOST_LOST),
            (live + 'Runnable dev = () -> host = "z.org";\n' + USE, ONE, HOST_LOST),
            (live + 'names.forEach { n -> host = "z.org" }\n' + USE, ONE, HOST_LOST),
            (live + 'names.forEach { n in host = "z.org" }\n' + USE, ONE, HOST_LOST),
            (live + 'void f(void) { self->host = "z.org"; }\n' + USE, ONE, HOST_LOST),
            (live + 'if (dev) { host = "z.org" }\n' + USE, ONE, HOST_LOST),
            (live + 'if (dev) host = "z.org" else host = "y.org"\n' + USE, ONE, HOST_LOST),
            (live + 'fun f() { try host = "z.org" }\n' + USE, ONE, HOST_LOST),
            (live + 'fun f() { host = other() }\n' + USE, ONE, HOST_LOST),
            (live + 'fun f() { host += ".z.org" }\n' + USE, ONE, HOST_LOST),
            (live + 'fun f() { host &&= "z.org" }\n' + USE, ONE, HOST_LOST),
            (live + 'when (type) {\n dev -> host = "y.org"\n}\n' + USE, HOSTS, None),
            (live + 'fun f() { val host = "z.org"; g(host) }\n' + USE, HOSTS, None),
            (live + 'void f() { String host = "z.org"; g(host) }\n' + USE, HOSTS, None),
            (live + 'void f() { List<String> host = "z.org"; g(host) }\n' + USE, HOSTS, None),
            (live + 'void f() { NSString *host = @"z.org"; g(host) }\n' + USE, HOSTS, None),
            (live + 'fun f() { val host: kotlin.String = "z.org"\n' + USE + "}\n", ONE, HOST_LOST),
            (live + 'fun f() { val host by lazy { "z.org" }\n' + USE + "}\n", ONE, HOST_LOST),
            (live + 'function f(host) {\n' + USE + "}\n", ONE, HOST_LOST),
            (live + 'const f = (host) => {\n' + USE + "}\n", ONE, HOST_LOST),
            (live + 'for (const host of hosts) {\n' + USE + "}\n", ONE, HOST_LOST),
            (live + 'const { host } = env;\n' + USE, ONE, HOST_LOST),
            (live + 'const f = ({ host }) => ' + USE, ONE, HOST_LOST),
            (live + 'fun f(host: kotlin.String) = ' + USE, ONE, HOST_LOST),
            (live + 'val f = { host: api.Name -> ' + USE + "}\n", ONE, HOST_LOST),
            ('class Net { companion object { var host = "y.org"\nfun p() = ' + USE + '}\nfun dev() { host = "z.org" } }\n', ONE, HOST_LOST),
            ('open class Base { var host = "y.org"\nval p = ' + USE + '}\nclass Dev : Base() { init { host = "z.org" } }\n', ONE, HOST_LOST),
            ('open class Base { var host = "y.org"\nval p = ' + USE + '}\nclass Dev : Base() { init { host = "y.org" } }\n', HOSTS, None),
        ])

    def test_member_of_a_receiver_comes_first(self):
        both = LIVE + DEV
        self.rows([
            (both + USE, HOSTS, None),
            (both + "with(Dev) {\n" + USE + "}\n", ONE, HOST_LOST),
            (LIVE + "with(Dev) {\n" + USE + "}\n", HOSTS, None),
            (both + "val p = Dev.run {\n" + USE + "}\n", ONE, HOST_LOST),
            (both + "fun f() { dev {\n" + USE + "} }\n", ONE, HOST_LOST),
            (both + "fun f() { if (a) with(Dev) {\n" + USE + "} }\n", ONE, HOST_LOST),
            (both + "fun f() { return with(Dev) {\n" + USE + "} }\n", ONE, HOST_LOST),
            (both + "fun f() { if (a) {\n" + USE + "} }\n", HOSTS, None),
            (both + "fun f(): Pinner {\n return " + USE + "}\n", HOSTS, None),
            (both + "Pinner f() {\n return " + USE + "}\n", HOSTS, None),
            (both + "fun Dev.pinner() = " + USE, ONE, HOST_LOST),
            (both + "val Dev.pinner get() = " + USE, ONE, HOST_LOST),
            (both + "fun f(body: Dev.() -> Unit) = 1\n" + USE, ONE, HOST_LOST),
            (both + "val p = object : Dev() {\nval q = " + USE + "}\n", ONE, HOST_LOST),
            (both + "class A : Dev() {\nval q = " + USE + "}\n", THIRD, None),
            (both + "open class A : Dev()\nclass B : A() {\nval q = " + USE + "}\n", ONE, HOST_LOST),
            (both + "class A(val dev: Dev) {\nval q = " + USE + "}\n", HOSTS, None),
            (both + "class A : Map<String, Dev>() {\nval q = " + USE + "}\n", ONE, HOST_LOST),
            (both + "class A : other.Dev() {\nval q = " + USE + "}\n", ONE, HOST_LOST),
            (both + 'fun f() { val host = "z.org"\n' + USE + "}\n", THIRD, None),
        ])

    def test_import_comes_first(self):
        of_dev = USE.replace("(host", "(Dev.host")
        self.rows([
            ("package com.x\nimport com.other.Dev.host\n" + LIVE + USE, ONE, HOST_LOST),
            ("package com.x\nimport com.other.Dev.host\n" + LIVE + DEV + USE, ONE, HOST_LOST),
            ("import com.other.Dev.host\n" + LIVE + DEV + USE, ONE, HOST_LOST),
            ("package com.x\nimport com.other.host\n" + LIVE + USE, ONE, HOST_LOST),
            ("package com.x\nimport com.other.name as host\n" + LIVE + USE, ONE, HOST_LOST),
            ("package com.x\n" + "".join(f"import com.other.a{i}\n" for i in range(99)) + "import com.other.host\n" + LIVE + USE, ONE, HOST_LOST),
            ("package com.x\nimport com.x.Dev.host\n" + LIVE + DEV + USE, THIRD, None),
            ("package com.x\nimport com.x.Dev.host as name\n" + LIVE + DEV + USE.replace("(host", "(name"), THIRD, None),
            ("package com.x\nimport com.other.host as name\n" + LIVE + USE, HOSTS, None),
            ("package com.x\nimport com.other.Dev.*\n" + DEV + USE, ONE, HOST_LOST),
            ("package com.x\nimport com.other.Dev\n" + DEV + of_dev, ONE, HOST_LOST),
            ("package com.x\nimport com.other.Dev\n" + LIVE + DEV + "class A : Dev() {\nval q = " + USE + "}\n", ONE, HOST_LOST),
            ("package com.x\nimport com.x.Dev\n" + LIVE + DEV + "class A : Dev() {\nval q = " + USE + "}\n", THIRD, None),
            ("package com.x\nimport com.other.Live\n" + DEV + of_dev, THIRD, None),
            ("package com.x\n" + DEV + of_dev.replace("(Dev", "(com.other.Dev"), ONE, HOST_LOST),
            ("package com.x\n" + DEV + of_dev.replace("(Dev", "(com.x.Dev"), THIRD, None),
        ])


class Templates(Names):
    def test_names_in_templates_are_filled_in(self):
        head = "val b = CertificatePinner.Builder()\n"
        constants = f'const val PIN = "{b64("a")}"\nconst val HOST = "x.org"\n'
        inside = f"object Pins {{\n{constants}}}\n"
        other = f'b.add("y.org", "{B}")\n'
        second = {"y.org": [B]}
        self.rows([
            (head + constants + 'b.add("x.org", "sha256/$PIN")\n', ONE, None),
            (head + constants + 'b.add("x.org", "sha256/${PIN}")\n', ONE, None),
            (head + inside + constants + 'b.add("$HOST", "sha256/${Pins.PIN}")\n', ONE, None),
            (head + constants + f'b.add("api.$HOST", """{A}""")\n', {"api.x.org": [A]}, None),
            (head + inside + constants + 'b.add("""${Pins.HOST}""", """sha256/$PIN""")\n', ONE, None),
            (head + constants + other + 'b.add("x.org", "sha256/\\$PIN")\n', second, "bad pin"),
            (head + constants + other + 'b.add("x.org", "sha256/$PINS")\n', second, NOT_WRITTEN),
            (head + constants + other + 'b.add("x.org", "sha256/${PIN.trim()}")\n', second, NOT_WRITTEN),
            (head + constants + other + 'b.add("x.org", "sha256/${if (d) "x" else PIN}")\n', second, NOT_WRITTEN),
            (head + constants + other + 'b.add("x.org", "sha256/${PIN")\n', second, NOT_WRITTEN),
            (head + constants + other + 'b.add("x.org", "sha256/$")\n', second, "bad pin"),
            (head + constants + other + 'b.add("$HOST$HOST", "sha256/$PIN$PIN")\n', second, "bad pin"),
            (head + constants + f'b.add("${{this.HOST}}", "{A}")\n', ONE, None),
            (head + inside + f'b.add(Pins.HOST, "{A}")\n', ONE, None),
            (head + constants + other + f'b.add(Pins.HOST, "{A}")\n', second, "the host is not written out"),
            (head + 'val host = "x.org"\n' + other + f'b.add("${{request.url.host}}", "{A}")\n', second, "the host is not written out"),
            (head + 'val host = "x.org"\n' + other + f'b.add("${{url.host}}", "{A}")\n', second, "the host is not written out"),
            (head + 'val host = "x.org"\n' + other + f'b.add(request.url.host, "{A}")\n', second, "the host is not written out"),
            (head + 'val host = "x.org"\n' + other + f'b.add(uri("").host, "{A}")\n', second, "the host is not written out"),
            (head + constants + other + f'object Old {{ const val HOST = "z.org" }}\nb.add("${{Old.HOST}}", "{A}")\n', {**second, "z.org": [A]}, None),
            (head + constants + 'fun f(PIN: String) = 1\n' + other + 'b.add("x.org", "sha256/$PIN")\n', second, NOT_WRITTEN),
            (head + constants + f'const val PIN = "{b64("c")}"\n' + other + 'b.add("x.org", "sha256/$PIN")\n', second, NOT_WRITTEN),
            (head + constants + f'// const val PIN = "{b64("c")}"\nb.add("x.org", "sha256/$PIN") // $HOST\n', ONE, None),
            (f"x.org -> {A}\n# y.org -> {C}\n// z.org -> {C}\n", ONE, None),
        ])


if __name__ == "__main__":
    main()
