"""Small systems made by debootstrap, and the steps of a Containerfile run in them by chroot: what building it does, on a
machine that has no container engine. Needs root. Roots are kept in $FLAMBEAU_BARE_ROOTS (default /var/cache/flambeau/bare).

    python3 tests/install/roots.py samples/container/Containerfile FOLDER

runs all stages and leaves the last one's root in FOLDER/last."""
import fnmatch
import os
import pathlib
import platform
import re
import shlex
import shutil
import subprocess
import sys

KEPT = pathlib.Path(os.environ.get("FLAMBEAU_BARE_ROOTS", "/var/cache/flambeau/bare"))
SOURCE = pathlib.Path(__file__).resolve().parents[2]
IGNORED = (SOURCE / ".dockerignore").read_text().split()
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def missing():
    """What this machine lacks to make roots, or None."""
    if os.geteuid() != 0:
        return "root, for debootstrap and chroot"
    if not shutil.which("debootstrap"):
        return "debootstrap: scripts/setup --tests installs it"
    return None


def own_suite():
    return platform.freedesktop_os_release()["VERSION_CODENAME"]


def mirror(suite):
    """The one that this machine's own apt uses for the suite; debootstrap's default where it has none."""
    targets = subprocess.run(["apt-get", "indextargets", "--format", "$(CODENAME) $(COMPONENT) $(REPO_URI)"],
                             capture_output=True, text=True)
    found = re.search(rf"^{suite} main (http\S+)$", targets.stdout, re.M)
    return [found.group(1)] if found else []


def bare(suite):
    """A root with what debootstrap calls minimal, made now if there is none. Not to be changed."""
    root = KEPT / suite
    if not root.exists():
        new = KEPT / (suite + ".new")
        shutil.rmtree(new, ignore_errors=True)
        KEPT.mkdir(parents=True, exist_ok=True)
        with open(KEPT / (suite + ".log"), "w") as log:
            subprocess.run(["debootstrap", "--variant=minbase", suite, new, *mirror(suite)], stdout=log, stderr=log, check=True)
        (new / "etc/hosts").write_text("127.0.0.1 localhost\n")
        new.rename(root)
    return root


class Stage:
    """What a FROM begins: a copy of a bare root in `root`, and the steps that change it."""

    def __init__(self, suite, name, steps):
        self.suite, self.name, self.steps = suite, name, steps
        self.user, self.folder, self.entry = "root", "/", None

    def build(self, root, others, log=None):
        """`others`: {name: root} of the stages before. What the steps say goes to the file `log`, or is shown."""
        kept = bare(self.suite)
        subprocess.run(["cp", "-a", kept, root], check=True)
        self.root, self.log = root, log
        for word, rest in self.steps:
            getattr(self, "do_" + word.lower())(rest, others)
        keep_packages(root, kept)

    def do_run(self, rest, others):
        subprocess.run(self.command("/bin/sh", "-c", rest), env=self.env(), check=True, stdin=subprocess.DEVNULL,
                       stdout=self.log, stderr=self.log)

    def do_copy(self, rest, others):
        words = shlex.split(rest)
        start = SOURCE
        if words[0].startswith("--from="):
            start = others[words.pop(0).removeprefix("--from=")]
        *sources, to = words
        target = self.root / to.lstrip("/")
        for pattern in sources:
            if pattern == ".":
                shutil.copytree(start, target, ignore=ignored, dirs_exist_ok=True)
                continue
            target.mkdir(parents=True, exist_ok=True)
            for source in start.glob(pattern.lstrip("/")):
                shutil.copy(source, target)

    def do_user(self, rest, others):
        self.user = rest

    def do_workdir(self, rest, others):
        self.folder = rest

    def do_entrypoint(self, rest, others):
        self.entry = eval(rest)

    def command(self, *words):
        """Words to run in the root as the stage's user, in its folder."""
        there = ["/bin/sh", "-c", 'cd "$0" && exec "$@"', self.folder]
        return ["chroot", f"--userspec={self.user}:{self.user}", str(self.root), *there, *words]

    def env(self):
        proxies = {key: value for key, value in os.environ.items() if key.lower().endswith("_proxy")}
        return {"PATH": PATH, "HOME": "/root" if self.user == "root" else self.folder, "LC_ALL": "C.UTF-8",
                "DEBIAN_FRONTEND": "noninteractive", **proxies}


def ignored(folder, names):
    """What is not copied of the source; patterns are of its top folder's names, or with **/ of any."""
    top = pathlib.Path(folder) == SOURCE
    return {name for name in names for pattern in IGNORED
            if (top or pattern.startswith("**/")) and fnmatch.fnmatch(name, pattern.removeprefix("**/"))}


def keep_packages(root, kept):
    """What was fetched for a copy need not be fetched again."""
    for package in (root / "var/cache/apt/archives").glob("*.deb"):
        if not (kept / package.relative_to(root)).exists():
            shutil.copy(package, kept / package.relative_to(root))


def stages(containerfile):
    found = []
    for line in pathlib.Path(containerfile).read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        word, rest = line.split(None, 1)
        if word == "FROM":
            suite, name = re.fullmatch(r"debian:(\w+)-slim(?: AS (\w+))?", rest).groups()
            found.append(Stage(suite, name, []))
        else:
            found[-1].steps.append((word, rest))
    return found


def main():
    containerfile, folder = sys.argv[1:]
    folder = pathlib.Path(folder)
    built = {}
    for stage in stages(containerfile):
        root = folder / (stage.name or "last")
        stage.build(root, built)
        built[stage.name] = root
        print(f"roots: {root} is built; runs {stage.entry} as {stage.user}", flush=True)


if __name__ == "__main__":
    if missing():
        sys.exit(f"roots: this needs {missing()}")
    main()
