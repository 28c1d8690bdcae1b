"""The packages on systems without Erlang, profiling a node of the OTP under test: the .deb installed by apt as the
last stage of the Containerfile says, in a bare root; the .tar.gz beside nothing but the shared libraries it is linked with.
Skipped (77) where that cannot be done. Usage: packages.py FLAMBEAU CPACK_CONFIG [unittest's arguments]"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "live"))
import harness
import roots
from harness import LiveTest, flambeau

NODE = "install"
SECONDS = 1
USER = 1000  # anybody but root
ENTERED = ("PATH", "HOME", "LC_ALL", "ERL_EPMD_PORT", "FLAMBEAU_COOKIE")

cpack_config = None


def setUpModule():
    global scratch, node, packages
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="flambeau-packages-", dir="/var/tmp"))
    packages = scratch / "packages"
    subprocess.run(["cpack", "--config", cpack_config, "-B", packages], check=True, stdout=subprocess.DEVNULL)
    node = harness.start_shop(NODE)
    print(f"OTP {harness.otp_release(node)}, from a root of {roots.own_suite()} without Erlang", flush=True)


def tearDownModule():
    node.stop()
    shutil.rmtree(scratch)


def said_by(*command, **options):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True, **options).stdout


class Packaged:
    """What every package must do. `root` is where it is, `inside` the program's path there."""

    def use(self, root, inside):
        """From here on harness.flambeau() runs the program in the root, as a user of its own."""
        script = scratch / (root.name + ".sh")
        script.write_text(f'#!/bin/sh\nexec chroot --userspec={USER}:{USER} {root} {inside} "$@"\n')
        script.chmod(0o755)
        harness.binary = str(script)

    def env(self):
        return {key: value for key, value in harness.world.flambeau_env(HOME="/work").items() if key in ENTERED}

    def flambeau(self, *arguments):
        return flambeau(*arguments, env=self.env())

    def record(self, *names):
        return self.flambeau("record", "-n", node.name, "-p", "shop_price", "-d", f"{SECONDS}s",
                             *(word for name in names for word in ("-o", f"/work/{name}")))

    def test_no_erlang_there(self):
        found = [path for path in self.root.rglob("*") if path.name in ("erl", "epmd", "beam.smp", "libei.so", "libei.a")]
        self.assertEqual(found, [])
        self.assertNotRegex(said_by("objdump", "-p", str(self.root) + self.inside), r"NEEDED +libei")

    def test_version(self):
        result = self.flambeau("--version")
        self.assert_ended(result, 0)
        self.assertRegex(result.out.decode(), r"^flambeau \d+\.\d+\.\d+\n$")

    def test_lists_processes(self):
        result = self.flambeau("ps", "-n", node.name)
        self.assert_ended(result, 0)
        self.assertIn("shop_price", result.out.decode())

    def assert_pictures(self):
        self.assert_ended(self.record("a.svg", "a.png", "a.pdf", "a.flb"), 0)
        made = self.root / "work"
        self.assertIn("shop_price:handle_call/3", (made / "a.svg").read_text())
        self.assertEqual((made / "a.png").read_bytes()[:8], b"\x89PNG\r\n\x1a\n")
        self.assertEqual((made / "a.pdf").read_bytes()[:5], b"%PDF-")
        self.assertEqual((made / "a.svg").stat().st_uid, USER)
        again = self.flambeau("render", "/work/a.flb", "-o", "-", "--format", "svg")
        self.assertEqual(again.out, (made / "a.svg").read_bytes())


class Deb(Packaged, LiveTest):
    @classmethod
    def setUpClass(cls):
        stage = roots.stages(roots.SOURCE / "samples/container/Containerfile")[-1]
        stage.suite = roots.own_suite()  # what the package was made on
        built = scratch / "built"
        (built / "packages").mkdir(parents=True)
        cls.package = next(packages.glob("*.deb"))
        shutil.copy(cls.package, built / "packages")
        cls.root, cls.inside, cls.stage = scratch / "deb", "/usr/bin/flambeau", stage
        with open(scratch / "apt.log", "w+") as log:
            try:
                stage.build(cls.root, {"build": built}, log)
            except subprocess.CalledProcessError:
                log.seek(0)
                raise AssertionError(log.read())

    def setUp(self):
        self.use(self.root, self.inside)

    def test_pictures(self):
        self.assert_pictures()

    def test_enters_as_the_container_says(self):
        self.assertEqual((self.stage.user, self.stage.folder, self.stage.entry), ("flambeau", "/work", ["flambeau"]))
        said = said_by(*self.stage.command(*self.stage.entry, "--version"), env=self.stage.env())
        self.assertEqual(said, self.flambeau("--version").out.decode())
        self.assertEqual(said_by(*self.stage.command("id", "-u"), env=self.stage.env()), f"{USER}\n")

    def test_what_the_package_says(self):
        fields = dict(re.findall(r"^([A-Z][\w-]*): (.*)$", said_by("dpkg-deb", "-f", self.package), re.M))
        self.assertEqual(self.flambeau("--version").out.decode(), f"flambeau {fields['Version']}\n")
        self.assertRegex(fields["Depends"], r"libc6 \(.*libcairo2.*libssl3")
        self.assertNotIn("erlang", fields["Depends"])
        self.assertIn("fonts-dejavu-core", fields["Recommends"])

    def test_what_the_package_holds(self):
        files = said_by("dpkg", f"--root={self.root}", "-L", "flambeau").split()
        for name in ("/usr/bin/flambeau", "/usr/share/man/man1/flambeau.1.gz", "/usr/share/doc/flambeau/copyright",
                     "/usr/share/doc/flambeau/changelog.gz", "/usr/share/bash-completion/completions/flambeau",
                     "/usr/share/fish/vendor_completions.d/flambeau.fish", "/usr/share/zsh/vendor-completions/_flambeau"):
            self.assertIn(name, files)
        self.assertEqual([name for name in files if "site-functions" in name or "/opt" in name or "/local" in name], [])
        self.assertEqual(said_by("dpkg", f"--root={self.root}", "--verify", "flambeau"), "")


class Tar(Packaged, LiveTest):
    @classmethod
    def setUpClass(cls):
        package = next(packages.glob("*.tar.gz"))
        cls.root = scratch / "tar"
        cls.inside = f"/{package.name.removesuffix('.tar.gz')}/bin/flambeau"
        cls.root.mkdir()
        subprocess.run(["tar", "-xzf", package, "-C", cls.root], check=True)
        (cls.root / "work").mkdir()
        os.chown(cls.root / "work", USER, USER)
        for library in re.findall(r"(/\S+) \(0x", said_by("ldd", str(cls.root) + cls.inside)):
            cls.copy(library)

    @classmethod
    def copy(cls, path):
        target = pathlib.Path(str(cls.root) + os.path.abspath(path))
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)

    def setUp(self):
        self.use(self.root, self.inside)

    def test_pictures_want_a_font(self):
        """In this order: the root gets its font on the way."""
        result = self.record("b.svg", "b.png")
        self.assert_ended(result, 6)
        self.assertIn("there is no font to write with", result.err)
        self.assertIn("shop_price:handle_call/3", (self.root / "work/b.svg").read_text())
        self.assertFalse((self.root / "work/b.png").exists())
        self.copy(said_by("fc-match", "-f", "%{file}", "DejaVu Sans"))
        shutil.copytree("/etc/fonts", self.root / "etc/fonts")
        shutil.copytree("/usr/share/fontconfig", self.root / "usr/share/fontconfig")
        self.assert_pictures()


if __name__ == "__main__":
    lacking = roots.missing()
    if lacking:
        print(f"skipped: the packages are installed in a root of their own, which needs {lacking}")
        sys.exit(77)
    cpack_config = os.path.abspath(sys.argv.pop(2))
    harness.main()
