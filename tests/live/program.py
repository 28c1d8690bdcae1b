"""flambeau for commands of the OTP under test, which may be in a root of its own: there it comes with the libraries it needs."""
import pathlib
import re
import shutil
import subprocess

import harness


def path_inside():
    """A $PATH that finds flambeau, and what is found without."""
    folder = harness.world.folder / "bin"
    if not folder.exists():
        folder.mkdir()
        install(folder)
    return f"{harness.world.inside / 'bin'}:{harness.world.node_env()['PATH']}"


def install(folder):
    program = folder / "flambeau"
    if not harness.OTP_ROOT:
        program.symlink_to(harness.binary)
        return
    libraries = harness.world.folder / "lib"
    libraries.mkdir()
    needed = re.findall(r"/\S+", subprocess.run(["ldd", harness.binary], check=True, capture_output=True, text=True).stdout)
    for file in [harness.binary, *needed]:
        shutil.copy(file, libraries)
    loader = next(pathlib.Path(file).name for file in needed if "/ld-" in file)
    inside = harness.world.inside / "lib"
    binary = inside / pathlib.Path(harness.binary).name
    program.write_text(f'#!/bin/sh\nexec {inside / loader} --library-path {inside} {binary} "$@"\n')
    program.chmod(0o755)
