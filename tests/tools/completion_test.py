# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""
Completion in real shells: what bash, zsh and fish offer is compared with what pinctl's help says. Nothing here names a
verb or an option that is only offered: what is added to the table of verbs must be offered without a change here, too.
"""

import os
import re
import shlex
import subprocess

from pinctl_case import CERTIFICATES, PINCTL, PinctlCase, main, pin_of

# Runs when zsh starts. In its line editor alone there is completion; ^X completes, and writes down what is offered.
# A call of compadd with -O, -A or -D before "--" adds no match: it only asks.
ZSHRC = r"""
PS1=READY PS2= RPS1=
unsetopt prompt_cr prompt_sp
unset zle_bracketed_paste
cd $FOLDER/files
fpath=($FOLDER/zsh $fpath)
autoload -Uz compinit; compinit -u -C -d $DUMP
setopt no_auto_list no_auto_menu no_list_beep
compadd() {
  local word asks
  for word; do
    case $word in (--|-) break ;; (-[OAD]*) asks=1 ;; esac
  done
  if [[ -n $asks ]]; then builtin compadd "$@"; return; fi
  local -a offered
  builtin compadd -A offered "$@"
  print -rl -- $offered >>$FOLDER/offered
  builtin compadd "$@"
}
finish() { zle complete-word; zle kill-buffer; zle -I; print -r -- FINISHED }
zle -N finish; bindkey '^X' finish
"""


class Completion(PinctlCase):
    def setUp(self):
        super().setUp()
        os.makedirs(os.path.join(self.folder, "zsh"))
        for shell, name in (("bash", "pinctl.bash"), ("zsh", "zsh/_pinctl"), ("fish", "pinctl.fish")):
            self.write_policy(self.pinctl("completion", shell).stdout, name)
        self.write_policy(ZSHRC, ".zshrc")
        self.write_policy(f'version = 1; hosts = ( {{ name = "api.example.com"; pins = [ "{pin_of("server.pem")}" ]; }},\n'
                          f'{{ name = "*.example.net"; pins = [ "{pin_of("server.pem")}" ]; }} );\n')
        self.files = os.path.join(self.folder, "files")
        os.makedirs(os.path.join(self.files, "folder"))
        self.write_policy("", "files/a file.pem")
        self.write_policy("", "files/server.pem")

    def environment(self, **more):
        return super().environment(**{"PATH": f"{os.path.dirname(PINCTL)}:{os.environ['PATH']}", "HOME": self.folder,
                                      "ZDOTDIR": self.folder, "FOLDER": self.folder,
                                      "DUMP": os.path.join(CERTIFICATES, "zcompdump"), **more})

    def shell(self, *command):
        done = subprocess.run(command, cwd=self.files, env=self.environment(), capture_output=True, timeout=60, text=True,
                              stdin=subprocess.DEVNULL, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""), command)
        return done.stdout.splitlines()

    def parts(self, *command):
        """The lines between two of "--next--"."""
        return [part.split("\n")[1:-1] for part in "\n".join(self.shell(*command)).split("--next--")[1:]]

    def bash_all(self, lines):
        """As bash would call the function: it takes words apart at "=" and ":" as well."""
        script = f"source {self.folder}/pinctl.bash\n"
        for line in lines:
            words = re.findall(r"[=:]|[^\s=:]+", line) + ([""] if line.endswith(" ") else [])
            script += (f"COMP_WORDS=({' '.join(map(shlex.quote, words))}) COMP_CWORD={len(words) - 1}; _pinctl\n"
                       'printf "%s\\n" --next-- "${COMPREPLY[@]}" ""\n')
        return [[word for word in part if word]
                for part in self.parts("bash", "--norc", "--noprofile", "-c", script)]

    def fish_all(self, lines):
        script = f"source {self.folder}/pinctl.fish\n"
        script += "".join(f"echo --next--; complete -C {shlex.quote(line)}; echo\n" for line in lines)
        parts = [[word.split("\t")[0] for word in part if word]
                 for part in self.parts("fish", "--no-config", "-c", script)]
        # fish offers "--name=" beside "--name", and the whole word where a value is joined to its option.
        return [[word.split("=")[-1] for word in part if not word.endswith("=")] for part in parts]

    def bash(self, line):
        return self.bash_all([line])[0]

    def fish(self, line):
        return self.fish_all([line])[0]

    def zsh(self, line):
        offered = os.path.join(self.folder, "offered")
        self.write_policy("", "offered")
        status, output = self.on_terminal("/usr/bin/zsh", "-i", answers=(
            (b"READY", line.encode() + b"\x18"), (b"FINISHED", b"exit\r")))
        self.assertEqual(status, 0, output)
        with open(offered, encoding="utf-8") as file:
            return [word.split("=")[-1] for word in file.read().splitlines() if word]

    def each(self, line, expected, exact=True):
        """What every shell offers for a line; the order does not matter."""
        self.assertNotEqual(expected, None)
        for shell in (self.bash, self.zsh, self.fish):
            with self.subTest(f"{shell.__name__}: {line}"):
                offered = {word.replace("\\", "").rstrip("/") for word in shell(line)}
                if exact:
                    self.assertEqual(offered, set(expected))
                else:
                    self.assertLessEqual(set(expected), offered)

    def verbs(self):
        return re.findall(r"(?m)^  ([a-z-]+) {2,}\S", self.pinctl("--help").stdout)

    def options(self, verb):
        """{option: its argument, "" for a flag} as the help of the verb has them."""
        helped = re.sub(r"\|\n +", "|", self.pinctl(verb, "--help").stdout)
        listed = helped.split("\nOptions:\n")[1].split("\nExample:")[0]
        return dict(re.findall(r"(?m)^  (--[a-z-]+)(?: (\S+))?(?: {2,}|$)", listed))


class Words(Completion):
    def test_verbs(self):
        self.assertGreater(len(self.verbs()), 15)
        self.each("pinctl ", [*self.verbs(), "--help", "--version"])
        self.each("pinctl mon", ["monitor"])
        self.each("pinctl nothing-like-it", [])

    def test_options_of_every_verb(self):
        expected = [sorted(self.options(verb)) for verb in self.verbs()]
        for all_of in (self.bash_all, self.fish_all):
            offered = all_of([f"pinctl {verb} --" for verb in self.verbs()])
            self.assertEqual([sorted(words) for words in offered], expected)
        for verb in ("monitor", "add", self.verbs()[-1]):
            self.each(f"pinctl {verb} --", self.options(verb))

    def test_words_of_every_choice(self):
        choices = [(verb, option, words.split("|")) for verb in self.verbs() for option, words in self.options(verb).items()
                   if re.fullmatch(r"[a-z0-9_|]+\|[a-z0-9_|]+", words)]
        self.assertGreater(len(choices), 10)
        for all_of in (self.bash_all, self.fish_all):
            for between in " =":
                offered = all_of([f"pinctl {verb} {option}{between}" for verb, option, _ in choices])
                self.assertEqual([sorted(found) for found in offered], [sorted(words) for _, _, words in choices])
        verb, option, words = choices[0]
        self.each(f"pinctl {verb} {option} ", words)
        self.each(f"pinctl {verb} {option}=", words)
        self.each("pinctl monitor --format ht", ["html"])
        self.each("pinctl monitor --format=ht", ["html"])
        self.each("pinctl completion ", ["bash", "zsh", "fish"], exact=False)

    def test_files(self):
        everything = ["a file.pem", "server.pem", "folder"]
        self.each("pinctl pin ", everything)
        self.each("pinctl pin server.pem ser", ["server.pem"])
        self.each("pinctl list --policy ", everything)
        self.each("pinctl add api.example.com --backup ser", ["server.pem"])
        self.each("pinctl record --output ", ["folder"])
        self.each("pinctl record --timeout ", [])

    def test_hosts(self):
        hosts = ["api.example.com", "*.example.net"]
        self.each("pinctl show ", hosts)
        self.each("pinctl explain --chain server.pem ap", ["api.example.com"])
        self.each("pinctl monitor --json api.example.com ", hosts, exact=False)
        # An entry's keys follow the host.
        self.each("pinctl remove api.example.com ser", ["server.pem"])

    def test_hosts_of_another_policy(self):
        self.write_policy(f'version = 1; hosts = ( {{ name = "else.example.org"; pins = [ "{pin_of("server.pem")}" ]; }} );\n',
                          "other.cfg")
        self.each(f"pinctl show --policy {self.folder}/other.cfg ", ["else.example.org"])

    def test_errors_are_silent(self):
        self.write_policy("oops")
        self.each("pinctl show ", [])
        os.unlink(self.policy)
        self.each("pinctl show ", [])

    def test_programs(self):
        self.each("pinctl run opens", ["openssl"], exact=False)
        self.each("pinctl run -- opens", ["openssl"], exact=False)
        self.each("pinctl run openssl ser", ["server.pem"])
        self.assertNotIn("--policy", self.bash("pinctl run openssl --"))

    def test_a_name_is_never_run(self):
        """Names of files, and whatever a policy could hold, are offered as they are."""
        self.write_policy("", "files/$(touch spoilt)")
        self.write_policy("", "files/`touch spoilt`")
        for shell in (self.bash, self.zsh, self.fish):
            shell("pinctl pin ")
        self.assertNotIn("spoilt", os.listdir(self.files))

    def test_bash_alone(self):
        """On a terminal, where bash itself takes the line apart."""
        rc = self.write_policy(f"source {self.folder}/pinctl.bash; PS1=READY; bind 'set show-all-if-ambiguous on'\n", "rc")
        status, output = self.on_terminal("/bin/bash", "--noprofile", "--rcfile", rc, "-i", answers=(
            (b"READY", b"pinctl graph --format=sv\t --help\r"), (b"Usage: pinctl graph", b"exit\r")))
        self.assertEqual(status, 0, output)
        self.assertIn("--format=svg", output)

    def test_usage(self):
        for words in ((), ("tcsh",), ("bash", "zsh"), ("",)):
            self.pinctl("completion", *words, status=2)


if __name__ == "__main__":
    main()
