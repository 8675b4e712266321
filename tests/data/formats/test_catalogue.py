"""The list of formats: every reader and writer, with its options and what it is."""

import inspect

import pytest

from labelnext import plugins
from labelnext.data.formats.catalogue import catalogue

FOUND = {entry.name: entry for entry in catalogue()}


def test_every_reader_and_writer_is_listed() -> None:
    assert list(FOUND) == sorted({*plugins.names("readers"), *plugins.names("writers")})
    for name, entry in FOUND.items():
        assert entry.read == (name in plugins.names("readers"))
        assert entry.written == (name in plugins.names("writers"))


@pytest.mark.parametrize("name", FOUND)
def test_a_format_says_what_it_is(name: str) -> None:
    what = FOUND[name].what
    assert 10 < len(what) <= 100
    assert what.endswith(".")


@pytest.mark.parametrize("name", [name for name, entry in FOUND.items() if entry.read])
def test_readers_are_called_alike(name: str) -> None:
    first, *options = inspect.signature(plugins.load("readers", name)).parameters.values()
    assert first.name == "location"
    assert [option.name for option in options] == list(FOUND[name].options)
    for option in options:
        assert option.default is not inspect.Parameter.empty, f"{option.name} has no default"


@pytest.mark.parametrize("name", [name for name, entry in FOUND.items() if entry.written])
def test_writers_are_called_alike(name: str) -> None:
    parameters = inspect.signature(plugins.load("writers", name)).parameters
    assert list(parameters)[:3] == ["location", "samples", "classes"]
    rest = list(parameters.values())[3:]
    assert {"place", "predictions"} <= {parameter.name for parameter in rest}
    for parameter in rest:
        assert parameter.kind is inspect.Parameter.KEYWORD_ONLY
        assert parameter.default is not inspect.Parameter.empty
    assert not {"samples", "classes", "place", "predictions"} & {*FOUND[name].write_options}
