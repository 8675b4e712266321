"""Long lists and objects, entry by entry: what `json.load` says, whatever the file's spacing."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext.data.formats.common import json_items
from labelnext.errors import DataError

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def take(place: int, value: Any) -> tuple[int, Any]:
    return place, value


@given(st.lists(VALUES), st.sampled_from([None, 1, 3]))
def test_lists(tmp_path_factory: pytest.TempPathFactory, values: Any, indent: int | None) -> None:
    path = tmp_path_factory.mktemp("json") / "a.json"
    path.write_text(json.dumps(values, indent=indent), "utf-8")
    assert list(json_items.list_items(path, "entry", take)) == list(enumerate(values))


@given(st.dictionaries(st.text(), VALUES), VALUES, st.sampled_from([None, 1]))
def test_objects(
    tmp_path_factory: pytest.TempPathFactory, inner: Any, other: Any, indent: int | None
) -> None:
    path = tmp_path_factory.mktemp("json") / "a.json"
    content = {"before": other, "wanted": inner, "behind": [other]}
    path.write_text(json.dumps(content, indent=indent), "utf-8")
    found = list(json_items.object_items(path, "wanted", "entry", take))
    assert found == list(enumerate(inner.items()))
    assert json_items.value_at(path, "behind") == [other]
    assert json_items.value_at(path, "nothing") is None


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "must hold a list; it is empty"),
        ("{}", "must hold a list; it begins with '{'"),
        ("[1,]", "Expecting value"),
        ("[1", "Expecting ','"),
        ("[1 2]", "Expecting ','"),
        ("[] 1", "Extra data"),
    ],
)
def test_faults_of_lists(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(content)
    with pytest.raises(DataError, match=says):
        list(json_items.list_items(path, "entry", take))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("[]", r"must hold an object; it begins with '\['"),
        ("{}", "has no object 'wanted'"),
        ('{"wanted": []}', "has no object 'wanted'"),
        ('{"wanted": {}, "wanted": {}}', "has 'wanted' twice"),
        ('{"wanted": {"a": 1}', "Expecting ','"),
        ('{"wanted": {"a" 1}}', "Expecting ':'"),
        ('{"wanted": {1: 1}}', "Expecting property name"),
    ],
)
def test_faults_of_objects(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(content)
    with pytest.raises(DataError, match=says):
        list(json_items.object_items(path, "wanted", "entry", take))


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="does not exist"):
        list(json_items.list_items(tmp_path / "a.json", "entry", take))
    with pytest.raises(DataError, match="is not a regular file"):
        list(json_items.list_items(tmp_path, "entry", take))


def test_an_entry_that_is_too_deep_to_be_handled(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("[1, 2]")

    def handle(place: int, _value: Any) -> None:
        if place == 1:
            raise RecursionError

    with pytest.raises(DataError, match=r"a\.json, entry #1: nests too deeply"):
        list(json_items.list_items(path, "entry", handle))
