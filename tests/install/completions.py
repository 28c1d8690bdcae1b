"""The completions in the shells they are for. What has to be offered is read from `flambeau help`, which knows nothing of
them. Usage: completions.py FLAMBEAU FOLDER_OF_PAGES"""
import os
import pathlib
import pty
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

FILES = ["a.flb", "b.folded", "c.snap", "d.svg", "e.txt"]
HOSTILE = "$(touch${IFS}pwned)"  # anybody may give epmd a name
WAIT_S = 30

binary = pages = None


def run(*command, **options):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=120, **options)


def help_of(*verb):
    return run(binary, "help", *verb, check=True).stdout


def verbs():
    return re.findall(r"^  (\w+) +\S", help_of().split("\n`flambeau help")[0], re.M)


def options(verb):
    """{option: the words it takes, or None}."""
    found = {"--help": None}
    for line in help_of(verb).splitlines():
        match = re.match(r"^  (?:-\w, |    )(--[\w-]+)(?: (\S+))?", line)
        if match:
            value = match.group(2) or ""
            found[match.group(1)] = value.split("|") if "|" in value else None
    return found


def parts(text):
    """What was offered for each of several lines: a candidate a line, what it is after a tab, a dot at the end."""
    return [sorted({line.split("\t")[0] for line in part.splitlines()}) for part in re.split(r"^\.\n", text, flags=re.M)[:-1]]


class Epmd:
    """Answers every question with the same names."""

    def __init__(self, *names):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.answer = (4369).to_bytes(4, "big") + b"".join(b"name %s at port 4000\n" % name.encode() for name in names)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            connection, _ = self.socket.accept()
            with connection:
                connection.recv(100)
                connection.sendall(self.answer)


class Terminal:
    """A shell that believes that somebody types. What it shows is kept."""

    def __init__(self, command, folder, env):
        self.shown = b""
        self.here, there = pty.openpty()
        self.shell = subprocess.Popen(command, stdin=there, stdout=there, stderr=there, cwd=folder, env=env,
                                      start_new_session=True)
        os.close(there)
        threading.Thread(target=self.look, daemon=True).start()

    def look(self):
        try:
            while data := os.read(self.here, 4096):
                self.shown += data
        except OSError:
            pass

    def type(self, text):
        os.write(self.here, text.encode())

    def close(self):
        self.shell.kill()
        self.shell.wait()
        os.close(self.here)


class Shell(unittest.TestCase):
    program = None  # of the shell; None: not a test, what the tests of all shells are
    inputs = ["a.flb", "b.folded", "c.snap", "sub"]  # the shells that leave files out add the slash when they insert
    maxDiff = None

    def setUp(self):
        if self.program is None:
            self.skipTest("for each shell")
        if not shutil.which(self.program):
            self.fail(f"{self.program} is missing: scripts/setup --tests installs it")
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="flambeau-completions-"))
        self.addCleanup(shutil.rmtree, self.scratch)
        self.folder = self.scratch / "here"
        (self.folder / "sub").mkdir(parents=True)
        for name in FILES:
            (self.folder / name).touch()
        self.env = dict(os.environ, PATH=f"{pathlib.Path(binary).parent}:{os.environ['PATH']}", HOME=str(self.scratch),
                        ERL_EPMD_PORT=str(Epmd("shop", HOSTILE).port), TERM="xterm", LC_ALL="C.UTF-8")
        self.start()

    def start(self):
        pass

    def offered(self, *lines):
        """For each line what is offered at its end, sorted."""
        raise NotImplementedError

    def offer(self, line):
        return self.offered(line)[0]

    def test_verbs(self):
        self.assertEqual([word for word in self.offer("flambeau ") if word[0] != "-"], sorted(verbs()))
        self.assertEqual(self.offer("flambeau repo"), ["report"])
        self.assertEqual(self.offer("flambeau help "), sorted(verbs()))
        self.assertIn("--version", self.offer("flambeau --"))

    def test_options_of_every_verb(self):
        names = verbs()
        for verb, offered in zip(names, self.offered(*(f"flambeau {verb} --" for verb in names))):
            with self.subTest(verb):
                self.assertEqual(offered, sorted(options(verb)))

    def test_choices_of_every_option(self):
        asked = [(verb, option, words) for verb in verbs() for option, words in options(verb).items() if words]
        self.assertGreater(len(asked), 10)
        for (verb, option, words), offered in zip(asked, self.offered(*(f"flambeau {v} {o} " for v, o, _ in asked))):
            with self.subTest(f"{verb} {option}"):
                self.assertEqual(offered, sorted(words))

    def test_what_is_typed_narrows(self):
        self.assertEqual(self.offer("flambeau record --weight c"), ["calls", "cpu"])
        self.assertEqual(self.offer("flambeau record --ic"), ["--icicle"])

    def test_inputs(self):
        for line in ("flambeau render ", "flambeau report ", "flambeau diff a.flb "):
            self.assertEqual(self.offer(line), self.inputs, line)
        self.assertEqual(self.offer("flambeau report e"), ["e.txt"])  # any file may be folded text

    def test_outputs_by_ending(self):
        self.assertEqual(self.offer("flambeau render a.flb -o new.sv"), ["new.svg", "new.svgz"])
        self.assertEqual(self.offer("flambeau record --output new.fl"), ["new.flb"])
        self.assertEqual(self.offer("flambeau render a.flb -o sub/new.pn"), ["sub/new.png"])
        self.assertNotIn("new.flb", self.offer("flambeau render a.flb -o new"))
        self.assertIn("new.pdf", self.offer("flambeau diff a.flb b.folded -o new"))

    def test_files(self):
        self.assertEqual(self.offer("flambeau ps --cookie-file e"), ["e.txt"])

    def test_nodes(self):
        offered = self.offer("flambeau record -n ")
        self.assertLessEqual({"shop@localhost", "shop@127.0.0.1"}, set(offered))
        self.assertEqual(self.offer("flambeau ps --node shop@l"), ["shop@localhost"])
        self.assertFalse((self.folder / "pwned").exists())

    def test_nothing_to_say(self):
        lines = ["flambeau run ", "flambeau record -p ", "flambeau nodes ", "flambeau record --title "]
        self.assertEqual(self.offered(*lines), [[]] * len(lines))
        self.env["ERL_EPMD_PORT"] = "1"  # nobody there
        self.start()
        self.assertEqual(self.offer("flambeau record -n "), [])


class Bash(Shell):
    program = "bash"

    def offered(self, *lines):
        script = f'. "{pages}/flambeau.bash"; complete -p flambeau >/dev/null || exit; ' + r'''
            COMP_WORDBREAKS=$' \t\n'
            for COMP_LINE; do
              COMP_POINT=${#COMP_LINE} COMPREPLY=()
              _flambeau flambeau
              printf '%s\n' "${COMPREPLY[@]}" .
            done'''
        result = run("bash", "--norc", "-c", script, "bash", *lines, cwd=self.folder, env=self.env)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return parts(result.stdout)

    def typed(self, text):
        """The line after Tab, by readline itself."""
        terminal = Terminal(["bash", "--norc", "--noprofile", "-i"], self.folder, self.env)
        self.addCleanup(terminal.close)
        line = self.scratch / "line"
        line.unlink(missing_ok=True)
        terminal.type(f"""PS1=; . '{pages}/flambeau.bash'; bind -x '"\\C-x\\C-p": printf "%s" "$READLINE_LINE" >{line}'\n""")
        terminal.type(f"{text}\t\x18\x10")
        deadline = time.monotonic() + WAIT_S
        while not line.exists() or not line.read_text():
            self.assertLess(time.monotonic(), deadline, terminal.shown)
            time.sleep(0.02)
        return line.read_text()

    def test_in_a_line(self):
        self.assertEqual(self.typed("flambeau rep"), "flambeau report ")
        self.assertEqual(self.typed("flambeau record --weight=cp"), "flambeau record --weight=cpu ")
        self.assertEqual(self.typed("flambeau ps -n shop@loc"), "flambeau ps -n shop@localhost ")
        self.assertEqual(self.typed("flambeau render a.flb --output=x.png"), "flambeau render a.flb --output=x.png ")
        self.assertEqual(self.typed("flambeau render su"), "flambeau render sub/")


    def test_nodes(self):
        super().test_nodes()
        names = {node.split("@")[0] for node in self.offer("flambeau record -n ")}
        self.assertEqual(names, {"shop"})  # readline would not quote the other one


class Fish(Shell):
    program = "fish"
    inputs = sorted([*FILES, "sub/"])  # fish puts captures first, and leaves nothing out

    def offered(self, *lines):
        script = f'source "{pages}/flambeau.fish"; for line in $argv; complete -C $line; echo .; end'
        result = run("fish", "--no-config", "-c", script, "--", *lines, cwd=self.folder, env=self.env)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return parts(result.stdout)


class Zsh(Shell):
    program = "zsh"
    terminal = None

    # Every match that is added is written down, and a key ends the line without running it.
    SETUP = r'''
        PS1= PS2=
        unsetopt beep; setopt no_list_beep
        fpath=(%(pages)s $fpath)
        autoload -Uz compinit; compinit -u -D
        compadd() {
          if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return; fi
          local -a hits
          builtin compadd -A hits "$@"
          (($#hits)) && print -rl -- $hits >>%(hits)s
          builtin compadd "$@"
        }
        ended() { print . >>%(hits)s; BUFFER= }
        zle -N ended
        bindkey '^I' complete-word; bindkey '^P' ended
        print READY
    '''

    def start(self):
        if self.terminal:
            self.terminal.close()
        else:
            self.addCleanup(lambda: self.terminal.close())
        self.hits = self.scratch / "hits"
        self.hits.write_text("")
        setup = self.scratch / "setup.zsh"
        setup.write_text(self.SETUP % {"pages": pages, "hits": self.hits})
        self.terminal = Terminal(["zsh", "-f", "-i"], self.folder, self.env)
        self.terminal.type(f". {setup}\n")
        self.wait(lambda: b"\nREADY" in self.terminal.shown)

    def wait(self, condition):
        deadline = time.monotonic() + WAIT_S
        while not condition():
            self.assertLess(time.monotonic(), deadline, self.terminal.shown)
            time.sleep(0.01)

    def offered(self, *lines):
        found = []
        for line in lines:
            self.hits.write_text("")
            shown = len(self.terminal.shown)
            self.terminal.type(line + "\t\x10")
            self.wait(lambda: self.hits.read_text().endswith(".\n"))
            self.assertNotRegex(self.terminal.shown[shown:], rb"_\w+:|zsh:|flambeau:|not found")
            found.append(sorted({hit.replace("=", "") for hit in self.hits.read_text().splitlines()[:-1]}))
        return found


if __name__ == "__main__":
    pages = os.path.abspath(sys.argv.pop())
    binary = os.path.abspath(sys.argv.pop())
    unittest.main(verbosity=2)
