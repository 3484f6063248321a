# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl import --format okhttp: calls of CertificatePinner.Builder in sources, and lists of patterns. What names in a source
stand for: import_okhttp_names_test.py."""

from conversion_case import A, B, BOTH, C, HOSTS, NO_COMMENT, ONE, UNEXPECTED, ImportCase, b64, pin
from pinctl_case import main

HEAD = "val b = CertificatePinner.Builder()\n"
ARGUMENTS = f'"x.org", "{A}"'


def builder(*calls):
    return "CertificatePinner.Builder()\n" + "".join(f".add({call})\n" for call in calls) + ".build()\n"


class OkHttp(ImportCase):
    form = "okhttp"


class Calls(OkHttp):
    def test_calls_of_a_source(self):
        text = f'''// Pins. .add("no.org", "{pin('z')}")
        CertificatePinner pinner = new CertificatePinner.Builder() /* .add("no.org") */
            .add("x.org", "{pin('a')}", // the key
                 "{pin('b')}")
            .add(
              "*.y.org", "{pin('a')}")
            .add("**.z.org", "{pin('a')}").add("**.z.org", "{pin('b')}")
            .build();
        list.add(somethingElse); log(".add(");'''
        self.assertEqual(self.imports(text), [
            self.entry("*.y.org", pins=[pin("a")]), self.entry("x.org", pins=[pin("a"), pin("b")]),
            self.entry("z.org", include_subdomains=True, pins=[pin("a"), pin("b")])])

    def test_bad_arguments_are_refused(self):
        self.imports(f'.add("x.org", "sha1/AAAA", "{pin("a")}")', status=1, said="only SHA-256")
        self.imports(f'.add("x.org", PIN) // "{pin("a")}"', status=1, said="a pin is not written out in this file")
        self.imports(f'.add("x.org", "{pin("a")}"', status=1, said="stands where okhttp was not expected")
        self.imports(f'.add("x.org) "{pin("a")}"', status=1)
        self.imports("x.org\n", "--format", "okhttp", status=1, said=':1: "x.org": expected PATTERN -> sha256/...')

    def test_ways_to_call(self):
        self.assertEqual(self.pins(f'''val pinner = CertificatePinner.Builder()
            .add("a.org", "{A}")
            .apply {{
              add("b.org", "{B}", "{C}") // add("c.org", "{C}")
            }}.build()
            val other = certificatePinner {{ add("**.d.org", "{A}") }}'''), {"a.org": [A], "b.org": [B, C], "d.org": [A]})

    def test_what_is_not_written_out_is_named(self):
        for call in ("HOST, PIN", f'BuildConfig.HOST, "{A}"', '"a.org", pinFor("a.org")', f'"$host", "{A}"', f'"a.org", *pins, "{A}"'):
            text = f'CertificatePinner.Builder()\n.add("b.org", "{B}")\n.add({call})\n'
            self.pins(text, status=1, said=":3: add(")
            self.assertEqual(self.pins(text, "--lossy"), {"b.org": [B]})
            self.forget()

    def test_pins_outside_of_calls_are_named(self):
        self.pins(f'val pins = listOf("{A}")\nCertificatePinner.Builder().add("b.org", "{B}")\n', status=1, said=':1: "sha256/')

    def test_calls_of_other_builders_are_passed_over(self):
        self.assertEqual(self.pins(f'new Headers.Builder().add("Authorization", "Bearer x").add("a", b).build();\n'
                                   f'new CertificatePinner.Builder().add("a.org", "{A}").build();'), {"a.org": [A]})

    def test_base64_may_lack_its_padding(self):
        self.assertEqual(self.pins(f'CertificatePinner.Builder().add("a.org", "{A[:-1]}")'), {"a.org": [A]})
        self.pins('CertificatePinner.Builder().add("a.org", "sha256/AAAA")', status=1, said='bad pin "AAAA"')

    def test_call_belongs_to_what_it_is_called_of(self):
        """A call is of what it is called of, not of the builder that happens to stand before it."""
        pinner, good = "val p = CertificatePinner.Builder()\n", f'.add("y.org", "{B}")\n'
        two, host, lost = {"y.org": [B]}, '.add("x.org", pin)\n', "a pin is not written out"
        self.rows([
            (f'val f = FormBody.Builder().add("label", "{A}")\n' + pinner + "p" + good, two, UNEXPECTED),
            (f'val h = Headers.Builder()\nh.add("x.pin", "{A}")\n' + pinner + "p" + good, two, UNEXPECTED),
            (f'val h = Headers.Builder().add("A", token).apply {{ add("x.pin", "{A}") }}\n' + pinner + "p" + good, two, UNEXPECTED),
            ("val h = Headers.Builder().add(\"A\", token)\n" + pinner + "p" + good + "val r = Headers.Builder()\nr.add(\"B\", token)\n", two, None),
            (pinner + "val r = Request.Builder()\np" + host + "p" + good, two, lost),
            (pinner + "val r = Request.Builder()\nmy.p" + host + "p" + good, two, lost),
            (pinner + "val r = Request.Builder()\np?" + host + "p!!" + good, two, lost),
            ("var p: CertificatePinner.Builder? = null\nval r = Request.Builder()\np" + host + "p" + good, two, lost),
            ("void f(CertificatePinner.Builder p, Request.Builder r) { p" + host + "p" + good + "}\n", two, lost),
            ("void f(CertificatePinner.Builder p, Request.Builder r) { p" + good + "r" + host + "}\n", two, None),
            ("fun a() { val p = Request.Builder()\np.add(\"k\", v) }\nfun b() { " + pinner + "val r = Request.Builder()\np" + host + "p" + good + "}\n", two, lost),
            ("val p = CertificatePinner.Builder()\n" + good + ".apply { val r = Request.Builder() }\n" + host, two, lost),
            ("val p = CertificatePinner.Builder().also { val r = Request.Builder() }.apply {\nadd(\"x.org\", pin)\nadd(\"y.org\", \"" + B + "\") }\n", two, lost),
            (pinner + "val r = Request.Builder()\nwith(p) { add(\"x.org\", pin)\nadd(\"y.org\", \"" + B + "\") }\n", two, lost),
            ("import okhttp3.CertificatePinner as Pins\nval r = Request.Builder()\nval p = Pins.Builder()" + host + "p" + good, two, lost),
            ("import okhttp3.CertificatePinner.Builder\nval r = Request.Builder()\nval p = Builder()" + host + "p" + good, two, lost),
            (pinner + "p" + good + "pins.forEach(p::add)\n", two, "what is added is not written out"),
            (pinner + "val h = Headers.Builder()\np" + good + "more.forEach(h::add)\n", two, None),
            (f'val m = Map(new Pin("label", "{A}"))\n' + pinner + "p" + good, two, UNEXPECTED),
            (pinner + "p" + good + f'val m = new Pin("label", "{A}")\n', two, UNEXPECTED),
            (f'val s = setOf(CertificatePinner.Pin("x.org", "{A}"))\n', ONE, None),
            (f'import okhttp3.CertificatePinner.Pin\nval s = setOf(Pin("x.org", "{A}"))\n', ONE, None),
        ])

    def test_each_branch_of_an_if_is_read(self):
        said = "each branch of an #if is read"
        builder = f'new CertificatePinner.Builder()\n#if %s\n.Add("y.org", "{B}")\n#endif\n.Add("x.org", "{A}");\n'
        for number, (text, notes) in enumerate((
                (builder % "DEBUG", 1), ("#if DEBUG\n#endif\n" + builder.replace("#if %s", "").replace("#endif", ""), 1),
                (builder.replace("#if %s", "").replace("#endif", ""), 0), (builder.replace("#if", "//#if") % "DEBUG", 0))):
            done, found = self.taken(f"branch-{number}", text, 0, "--format", "okhttp")
            self.assertEqual((found, done.stderr.count(said)), (HOSTS, notes), done.stderr)

    def test_conditions_and_comments_in_lists_are_noted(self):
        call = f'builder.add("x.org", "{A}")'
        other = f'builder.add("x.org", "{B}")'
        head = "val builder = CertificatePinner.Builder()\n"
        said = "stands behind a condition"
        for number, (text, entries, notes) in enumerate([
            (f"if (BuildConfig.DEBUG) {{ {other} }} else {{ {call} }}\n", BOTH, 2),
            (f"if (debug()) {other}\n{call}\n", BOTH, 1),
            (f"when (flavor) {{ 1 -> {other} }}\n{call}\n", BOTH, 1),
            (f"if (on) {{ a() }}\nb()\n{call}\n", ONE, 0),
            (f"fun f() {{ {call} }}\n", ONE, 0),
            (f"// if (debug) {{\n{call}\n", ONE, 0),
        ]):
            done, found = self.taken(f"condition-{number}", head + text, 0, "--format", "okhttp")
            self.assertEqual({name: sorted(pins) for name, pins in found.items()}, {name: sorted(pins) for name, pins in entries.items()})
            self.assertEqual(done.stderr.count(said), notes, (text, done.stderr))
        for number, mark in enumerate(("#", "//", ";")):
            done, found = self.taken(f"list-{number}", f"x.org -> {A} {mark} was {C}\n", 0, "--format", "okhttp", "--lossy")
            self.assertEqual(found, ONE)
            self.assertIn(NO_COMMENT, done.stderr)


class Patterns(OkHttp):
    def test_every_pattern_that_covers_a_name_counts(self):
        text = f"api.x.org -> {pin('a')}\n*.x.org -> {pin('b')}\n**.x.org -> {pin('c')}\n# comment\n"
        self.assertEqual({entry["name"]: entry["pins"] for entry in self.imports(text, "--format", "okhttp")},
                         {"api.x.org": [pin("a"), pin("b"), pin("c")], "*.x.org": [pin("b"), pin("c")], "x.org": [pin("c")]})

    def test_name_and_what_is_below(self):
        same = f"x.org -> {pin('a')}\n**.x.org -> {pin('a')}\n"
        self.assertEqual(self.imports(same, "--format", "okhttp"), [self.entry("x.org", include_subdomains=True, pins=[pin("a")])])
        self.imports(same.replace(pin("a"), pin("b"), 1), "--format", "okhttp", status=1, said="have different pins")


class Spellings(OkHttp):
    """Other ways to write what is taken."""

    def test_each_is_taken(self):
        self.rows([
            ("\ufeff" + builder(ARGUMENTS).replace("\n", "\r\n"), ONE, None),
            (f'client.add(CertificatePinner.Builder().add({ARGUMENTS}).build())', ONE, None),
            (builder(f'pattern = "x.org", "{A}"'), ONE, None),
            (builder('"x" + ".org", "sha256/" + "%s"' % b64("a")), ONE, None),
            ('val host = "x.org"\nval pin = "%s"\n' % A + builder("host, pin"), ONE, None),
            (builder(f'"x\\u002eorg", "{A}"'), ONE, None),
            ("CertificatePinner.Builder().also { it.add(%s) }\n" % ARGUMENTS, ONE, None),
            ("char c = '\"'; // \"\n" + builder(ARGUMENTS), ONE, None),
            (f'const val P = "{b64("a")}"\n' + builder('"x.org", "sha256/" + P'), ONE, None),
            (f'var p = new CertificatePinner.Builder()\n  .Add("x.org", "{A}", "{B}")\n  .Build();\n', BOTH, None),
            (HEAD + f'b.add("x.org", "{A}" as String)\n', ONE, None),
            (HEAD + f'b.add("x.org" as String, "{A}")\n', ONE, None),
            (f'const val HOST = "x.org" as String\n{HEAD}b.add(HOST, "{A}")\n', ONE, None),
        ])


class Comments(OkHttp):
    """What is commented out pins nothing."""

    def test_hold_no_pins(self):
        self.rows([
            (builder(ARGUMENTS) + f'/* {builder(f"{chr(34)}y.org{chr(34)}, {chr(34)}{C}{chr(34)}")} */', ONE, None),
            ("fun f() = " + builder(ARGUMENTS) + f'/* a /* b */ .add("y.org", "{C}") */', ONE, None),
            ("class A {\n  // " + builder(f'"y.org", "{C}"').replace("\n", "\n  // ") + "\n}\n" + builder(ARGUMENTS), ONE, None),
            (f'/* let us /* try "{C}" */\n' + builder(ARGUMENTS), ONE, None),
            (f'fun a() = 1 /* /* */\n.add("y.org", "{C}")\n*/\n' + builder(ARGUMENTS), ONE, None),
            (f'val a = 1 /* /* */\n.add("y.org", "{C}")\n*/\n' + builder(ARGUMENTS), ONE, None),
        ])


class Hosts(OkHttp):
    """Which host a pin is for."""

    def test_each_has_its_pins(self):
        self.rows([
            (builder(ARGUMENTS, f'"y.org", "{B[:-1]}"'), {**ONE, "y.org": [B]}, None),
            (f'interval = 30; /* y.org/v1/* */\n.add({ARGUMENTS})\n.header("Accept", "*/*")\n.add("y.org", "{B}")\n', HOSTS, None),
            (f'let a = 1; /* y.org/v1/* */\n.add({ARGUMENTS})\n.header("Accept", "*/*")\n.add("y.org", "{B}")\n', HOSTS, None),
            (f'import a.B;\nval a = 1 /* y.org/v1/* */\n.add({ARGUMENTS})\n.header("Accept", "*/*")\n.add("y.org", "{B}")\n', HOSTS, None),
            (f'/* let us see: y.org/v1/* */\n"fun a"\n.add({ARGUMENTS})\n.header("Accept", "*/*")\n.add("y.org", "{B}")\n', HOSTS, None),
            (HEAD + f'b.Add("x.org", @"{A}").Add(@"y.org", "{B}")\n', HOSTS, None),
        ])

    def test_unclear_ones_are_named(self):
        self.rows([
            (builder(ARGUMENTS, f'"https://y.org/", "{B}"'), ONE, 'bad name "https://y.org/"'),
            ('val host = "y.org".replace("y", "z")\n' + builder(ARGUMENTS, f'host, "{B}"'), ONE, "the host is not written out"),
            ('String host = "y."; host += "org";\n' + builder(ARGUMENTS, f'host, "{B}"'), ONE, "the host is not written out"),
            ('val host = "y.org" + SUFFIX\n' + builder(ARGUMENTS, f'host, "{B}"'), ONE, "the host is not written out"),
            (builder(ARGUMENTS, f'"https://y.org", "{B}"'), ONE, "a URL is no name"),
            (builder(ARGUMENTS, f'"*.*.y.org", "{B}"'), ONE, "bad name"),
            (builder(ARGUMENTS, f'"y\\x2eorg", "{B}"'), ONE, "the host is not written out"),
            (builder(ARGUMENTS, f'String.format("%s.org", a), "{B}"'), ONE, "the host is not written out"),
            (builder(ARGUMENTS, f'"y.org:8443", "{B}"'), ONE, "a name has no port"),
            (HEAD + f'b.Add(host, "{B}")\nb.Add("x.org", "{A}")\n', ONE, "the host is not written out"),
            (f'val host = other as String\n{HEAD}b.add(host, "{B}").add("x.org", "{A}")\n', ONE, "the host is not written out"),
            (f'val host = "y.org" as String + more\n{HEAD}b.add(host, "{B}").add("x.org", "{A}")\n', ONE, "the host is not written out"),
        ])


class Digests(OkHttp):
    """Values that are no digest of a key, or none that a policy can hold."""

    def test_bad_ones_are_named(self):
        self.rows([
            (builder(ARGUMENTS, f'"y.org", *arrayOf("{B}")'), ONE, "a pin is not written out"),
            (f'val PIN = "{A}"\nval PIN = "{B}"\n' + builder('"x.org", PIN', f'"z.org", "{C}"'), {"z.org": [C]}, "a pin is not written out"),
            (builder(ARGUMENTS, '"y.org", "sha256/AAAA"'), ONE, 'bad pin "AAAA"'),
            (builder(ARGUMENTS, f'"y.org",, "{B}"'), {"x.org": [A], "y.org": [B]}, "expected sha256/BASE64"),
            (f'val PINS = arrayOf("{B}")\n' + builder(ARGUMENTS, '"y.org", *PINS'), ONE, "a pin is not written out"),
            (builder(ARGUMENTS, f'"y.org", new String[]{{"{B}", "{C}"}}'), ONE, "a pin is not written out"),
            (builder(f'pattern = "x.org", pins = arrayOf("{A}")'), {}, "a pin is not written out"),
            (builder(ARGUMENTS, '"y.org", "sha256/REPLACE_WITH_PIN"'), ONE, "bad pin"),
            (builder(ARGUMENTS, f'"y.org", "{B}".trim()'), ONE, "a pin is not written out"),
            (f"x.org -> {A}, {B}\ny.org = {C}\n", BOTH, "expected PATTERN ->"),
            (f'String[] PINS = {{ "{B}" }};\n' + builder(ARGUMENTS, '"y.org", PINS'), ONE, "a pin is not written out"),
            (builder(ARGUMENTS, f'"y.org", debug ? "{B}" : "{C}"'), ONE, "a pin is not written out"),
            (HEAD + f'b.add("x.org", "{A}").add("y.org", pin as String)\n', ONE, "a pin is not written out"),
            (HEAD + f'b.add("x.org", "{A}").add("y.org", "{B}" as String + more)\n', ONE, "a pin is not written out"),
        ])


class Unread(OkHttp):
    """A pin where the format has none is named, with its line."""

    def test_pins_elsewhere_are_named(self):
        self.rows([
            (f'val PIN = "{A}"\nval PIN = "{A}"\n' + builder('"x.org", PIN'), ONE, UNEXPECTED),
            (builder(ARGUMENTS) + f'mapOf("y.org" to "{B}")\n', ONE, UNEXPECTED),
            (builder(ARGUMENTS) + f'builder.a("y.org", "{B}");\n', ONE, UNEXPECTED),
            (f'val pins = mapOf("y.org" to listOf("{B}"))\n' + builder(ARGUMENTS) + "pins.forEach { (host, p) -> builder.add(host, p) }\n", ONE, UNEXPECTED),
            ("Certificate pinning failure!\n  Peer certificate chain:\n    %s: CN=y\n" % B + builder(ARGUMENTS), ONE, UNEXPECTED),
            (builder(ARGUMENTS) + f'val spare = "{B[:-1]}"\n', ONE, UNEXPECTED),
            (builder(ARGUMENTS) + f"pins = ['https://y.org', '{B}']\n", ONE, UNEXPECTED),
            (f'let a = 1 /* /* */\n.add("y.org", "{B}")\n*/\n' + builder(ARGUMENTS), ONE, UNEXPECTED),
            (f'val t = """\n// "{B}"\n"""\n' + builder(ARGUMENTS), ONE, UNEXPECTED),
            (builder(ARGUMENTS) + f'.add("y.org, "{B}", "{C}")\n', ONE, UNEXPECTED),
            (builder(ARGUMENTS) + f'buildConfigField "String", "PIN", "\\"{B}\\""\n', ONE, UNEXPECTED),
            (HEAD + f'b.Adds("y.org", "{B}")\nb.add("x.org", "{A}")\n', ONE, UNEXPECTED),
        ])


if __name__ == "__main__":
    main()
