"""`labelnext strategies`: the list, one with its arguments, the same as JSON."""

import json

from labelnext import plugins
from tests.cli.test_commands import labelnext


def test_the_list():
    lines = [line.split() for line in labelnext("strategies").stdout.splitlines()]
    assert set(plugins.names("strategies")) <= {words[0] for words in lines if words}


def test_one_with_its_arguments():
    shown = labelnext("strategies", "mc-dropout", "--preset", "authors-code").stdout
    assert "one pass, 15 stochastic passes" in shown
    assert ["samples", "15", "Stochastic", "passes,", "at", "least", "2."] in [
        line.split() for line in shown.splitlines()
    ]
    assert "argument" not in labelnext("strategies", "random").stdout


def test_for_machines():
    found = json.loads(labelnext("strategies", "--json").stdout)
    assert [one["name"] for one in found] == plugins.names("strategies")
    (one,) = json.loads(labelnext("strategies", "hybrid", "--json").stdout)
    defaults = {each["name"]: each["default"] for each in one["arguments"]}
    assert defaults == dict(plugins.load("strategies", "hybrid")().arguments)


def test_an_unknown_one():
    shown = labelnext("strategies", "luck", ok=False)
    assert "no strategy called 'luck'" in shown.stderr
