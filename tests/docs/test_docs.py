"""The documentation says what is there: commands, options, files, examples."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def commands():
    """The page of commands as it should be, made in a fresh process."""
    made = subprocess.run(
        [sys.executable, "-m", "tests.docs.commands", "--print"],
        capture_output=True, text=True, cwd=ROOT, check=True,
    )  # fmt: skip
    return made.stdout


def test_the_page_of_commands_is_up_to_date(commands):
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert page == commands, "python -m tests.docs.commands"


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.name)
def test_every_command_and_option_that_is_mentioned_exists(path, commands):
    names = re.findall(r"^## (\w+)", commands, re.MULTILINE)
    known = set(re.findall(r"--[a-z][a-z-]+", commands)) | {"--version", "--help"}
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    for line in re.findall(r"labelnext [a-z][^\n`]*", text):
        words = line.split("#")[0].split()
        if "=" in words[1] or words[1] not in names:
            continue
        for option in re.findall(r"(?<![\w-])--[a-z][a-z-]+", " ".join(words)):
            assert option in known, f"{path.name}: {option} in {line!r}"


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.name)
def test_every_link_to_a_file_leads_somewhere(path):
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), f"{path.name} links to {target}"


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.name)
def test_every_python_example_compiles(path):
    for language, code in BLOCK.findall(path.read_text(encoding="utf-8")):
        if language == "python":
            compile(code, str(path), "exec")


def test_the_map_names_files_and_tests_that_exist():
    text = (ROOT / "docs" / "map.md").read_text(encoding="utf-8")
    for path in re.findall(r"`((?:src|tests|benchmarks)/[^`]+)`", text):
        assert (ROOT / path).exists(), path


def test_the_readme_s_python_example_runs():
    blocks = BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    code = [code for language, code in blocks if language == "python"]
    assert code
    for example in code:
        exec(example, {})
