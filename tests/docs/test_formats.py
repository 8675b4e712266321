"""The page of formats is what the readers and writers say of themselves, and they say it all."""

import subprocess
import sys
from pathlib import Path

import pytest

from labelnext import plugins
from tests.docs.formats import defaults, descriptions

ROOT = Path(__file__).parents[2]
ALL = [(group, name) for group in ("readers", "writers") for name in plugins.names(group)]


def test_the_page_of_formats_is_up_to_date():
    made = subprocess.run(
        [sys.executable, "-m", "tests.docs.formats", "--print"],
        capture_output=True, text=True, cwd=ROOT, check=True,
    )  # fmt: skip
    page = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    assert page == made.stdout, "python -m tests.docs.formats"


@pytest.mark.parametrize(("group", "name"), ALL)
def test_every_option_is_described(group, name):
    function = plugins.load(group, name)
    assert set(defaults(function)) <= set(descriptions(function))
