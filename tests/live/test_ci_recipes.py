"""The CI recipes in samples/ci: the shell steps of each workflow run as they are written, in a copy of its project, on the OTP
under test. Only the step that installs flambeau does not: it is here already."""
import shlex
import shutil
import subprocess
import unittest
import xml.etree.ElementTree

import yaml

import harness
import program
from harness import LiveTest

RECIPES = harness.SAMPLES / "ci"
OUT = "flambeau-out"
STEP_S = 240
NEEDLESS = {  # a change that makes a needless call in a loop: the file, a text in it, what it becomes, the function
    "erlang": ("src/basket.erl", "Count * price(Article, Prices).",
               "0 * price(Article, Prices) + Count * price(Article, Prices).", "basket:price/2"),
    "elixir": ("lib/basket.ex", "count * price(article, prices)",
               "0 * price(article, prices) + count * price(article, prices)", "Basket.price/2"),
}


class Project:
    """A project that has a recipe, as a user has it: the script is in ci/."""

    def __init__(self, language, service):
        self.language, self.service = language, service
        self.name = f"{language}-{service}"
        self.folder = harness.world.folder / self.name
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(RECIPES / language, self.folder)
        (self.folder / "ci").mkdir()
        shutil.copy(RECIPES / "flambeau-check", self.folder / "ci")
        self.summary = self.folder / "summary.md"

    def steps(self):
        """The shell texts of the workflow, without those that install."""
        workflow = yaml.safe_load((RECIPES / self.language / f"{self.service}.yml").read_text())
        if self.service == "github":
            steps = [step for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]
            return [step["run"] for step in steps if step["name"] != "Install flambeau"]
        return workflow["flambeau"]["script"]

    def run(self, *steps):
        """Each in a shell of its own, up to the first that fails."""
        inside = harness.world.inside / self.name
        github = self.service == "github"
        env = {"GITHUB_ACTIONS": "true" if github else "", "GITHUB_STEP_SUMMARY": str(inside / self.summary.name) if github else ""}
        for step in steps or self.steps():
            command = ["bash", "-c", f"cd {shlex.quote(str(inside))}\nset -e\n{step}"]
            ran = subprocess.run(harness.in_root(command), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=STEP_S,
                                 env=harness.world.node_env(PATH=program.path_inside(), **env))
            if ran.returncode != 0:
                break
        return ran

    def update(self):
        return self.run(self.steps()[-1].replace("flambeau-check", "flambeau-check --update", 1))

    def baseline(self):
        return self.folder / f"perf/otp-{release()}.snap"

    def edit(self, path, old, new):
        file = self.folder / path
        text = file.read_text()
        assert text.count(old) == 1, f"{path} has {old!r} {text.count(old)} times"
        file.write_text(text.replace(old, new))

    def out(self, name):
        return (self.folder / OUT / name).read_text()


def release():
    said = subprocess.run(harness.in_root(["erl", "-noinput", "-eval", "io:put_chars(erlang:system_info(otp_release)), halt()."]),
                          check=True, capture_output=True, text=True, env=harness.world.node_env())
    return said.stdout


def has(command):
    return subprocess.run(harness.in_root(["which", command]), capture_output=True, env=harness.world.node_env()).returncode == 0


class RecipeTest(LiveTest):
    def assert_exit(self, ran, code):
        self.assertEqual(ran.returncode, code, ran.stdout + ran.stderr)

    def project(self, language, service):
        project = Project(language, service)
        if "rebar3" in project.steps()[0] and not has("rebar3"):
            self.skipTest(f"no rebar3 for OTP {release()}")
        if not project.baseline().exists():  # an OTP that has none in the samples
            self.assert_exit(project.run(*project.steps()[:-1]), 0)
            self.assert_exit(project.update(), 0)
        return project

    def judge(self, language, service):
        """Unchanged, with a needless call, and without it again."""
        project = self.project(language, service)
        *edit, function = NEEDLESS[language]
        self.assert_exit(project.run(), 0)
        self.assert_told(project, None)
        project.edit(*edit)
        ran = project.run()
        self.assert_exit(ran, 1)
        self.assert_told(project, function)
        path, old, new = edit
        project.edit(path, new, old)
        self.assert_exit(project.run(), 0)
        return ran

    def assert_told(self, project, function):
        """All that is uploaded is there, and names the function or says that nothing is wrong."""
        suite = xml.etree.ElementTree.fromstring(project.out("check.xml"))
        failed = [case.get("name") for case in suite.iter("testcase") if case.find("failure") is not None]
        self.assertTrue(project.out("check.md"))
        for picture in ("head.svg", "change.svg"):
            self.assertIn("<svg ", project.out(picture))
        if function is None:
            self.assertEqual(failed, [])
        else:
            self.assertEqual(len(failed), 1, failed)
            self.assertIn(function, failed[0])
            self.assertIn(function, project.out("check.md"))

    def assert_annotated(self, ran, function):
        errors = [line for line in ran.stdout.splitlines() if line.startswith("::error ")]
        self.assertEqual(len(errors), 1, ran.stdout)
        self.assertIn(function, errors[0])

    def test_erlang_on_github(self):
        self.assert_annotated(self.judge("erlang", "github"), NEEDLESS["erlang"][-1])

    def test_elixir_on_github(self):
        self.assert_annotated(self.judge("elixir", "github"), NEEDLESS["elixir"][-1])

    def test_erlang_on_gitlab(self):
        self.assertIn(NEEDLESS["erlang"][-1], self.judge("erlang", "gitlab").stdout)

    def test_elixir_on_gitlab(self):
        self.assertIn(NEEDLESS["elixir"][-1], self.judge("elixir", "gitlab").stdout)

    def test_the_summary_of_a_job(self):
        project = self.project("elixir", "github")
        self.assert_exit(project.run(), 0)
        self.assertEqual(project.summary.read_text(), project.out("check.md"))

    def test_a_baseline_is_asked_for_and_made(self):
        project = self.project("elixir", "gitlab")
        counts = calls(project.baseline().read_text())
        project.baseline().unlink()
        ran = project.run()
        self.assert_exit(ran, 2)
        self.assertIn(f"perf/otp-{release()}.snap", ran.stderr)
        self.assert_exit(project.update(), 0)
        self.assertEqual(calls(project.baseline().read_text()), counts)
        self.assert_exit(project.run(), 0)

    def test_a_change_that_is_wanted(self):
        project = self.project("erlang", "gitlab")
        project.edit(*NEEDLESS["erlang"][:-1])
        before = calls(project.baseline().read_text())
        self.assert_exit(project.run(*project.steps()[:-1]), 0)
        self.assert_exit(project.update(), 0)
        self.assertNotEqual(calls(project.baseline().read_text()), before)
        self.assert_exit(project.run(), 0)

    def test_an_application_that_does_not_start(self):
        project = self.project("erlang", "gitlab")
        project.edit("src/basket.app.src", "stdlib]", "stdlib, nowhere]")
        ran = project.run()
        self.assert_exit(ran, 3)
        self.assertIn("nowhere", ran.stderr)


class TextTest(unittest.TestCase):
    """What is not run here."""

    def test_install_steps_are_shell(self):
        for language in NEEDLESS:
            github = yaml.safe_load((RECIPES / language / "github.yml").read_text())
            gitlab = yaml.safe_load((RECIPES / language / "gitlab.yml").read_text())
            steps = [step["run"] for step in github["jobs"]["calls"]["steps"] if step.get("name") == "Install flambeau"]
            for text in steps + ["\n".join(gitlab["flambeau"]["before_script"])]:
                self.assertIn("./flambeau.deb", text)
                subprocess.run(["bash", "-n"], input=text, text=True, check=True)

    def test_what_is_kept_is_what_the_script_leaves(self):
        for language in NEEDLESS:
            github = yaml.safe_load((RECIPES / language / "github.yml").read_text())
            gitlab = yaml.safe_load((RECIPES / language / "gitlab.yml").read_text())
            self.assertEqual(github["jobs"]["calls"]["steps"][-1]["with"]["path"], OUT + "/")
            artifacts = gitlab["flambeau"]["artifacts"]
            self.assertEqual((artifacts["paths"], artifacts["reports"]), ([OUT + "/"], {"junit": f"{OUT}/check.xml"}))


def calls(snapshot):
    """The part of a baseline that is the same in every run."""
    return snapshot.split("\nown times in ")[0]


if __name__ == "__main__":
    harness.main()
