"""Lists read entry by entry: what `json.load` would give, at every place a window may end."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labelnext.data.formats.common import json_stream
from labelnext.data.formats.common.json_stream import walk
from labelnext.errors import DataError

values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
    max_leaves=8,
)


@given(
    tops=st.dictionaries(
        st.sampled_from(["a", "b", "c", "d"]), st.one_of(st.lists(values), values)
    ),
    indent=st.sampled_from([None, 1]),
    plain=st.booleans(),
    chunk=st.integers(1, 40),
    ahead=st.integers(1, 20),
    mark=st.booleans(),
)
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_same_as_the_standard_parser(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    tops: dict[str, object],
    indent: int | None,
    plain: bool,
    chunk: int,
    ahead: int,
    mark: bool,
) -> None:
    text = json.dumps(tops, indent=indent, ensure_ascii=plain)
    path = tmp_path / "a.json"
    path.write_text(text, "utf-8-sig" if mark else "utf-8", "surrogatepass")
    monkeypatch.setattr(json_stream, "_CHUNK", chunk)
    monkeypatch.setattr(json_stream, "_AHEAD", ahead)
    found: dict[str, object] = {}
    for name, at, value in walk(path, {"a", "b", "c"}):
        if at is None:
            found[name] = value
        elif at == -1:
            found[name] = []
        else:
            entries = found[name]
            assert isinstance(entries, list)
            assert at == len(entries)
            entries.append(value)
    assert found == {name: value for name, value in tops.items() if name != "d"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"a": [1, 2', "line 1, column 12: is not JSON: Expecting ',' delimiter"),
        ('{"a": [1,\n  2,]}', "line 2, column 5: is not JSON: Expecting value"),
        ('{"a": [1}', "line 1, column 9: is not JSON: Expecting ','"),
        ('{"a": 1 "b"', "line 1, column 9: is not JSON: Expecting ','"),
        ("{a: 1}", "line 1, column 2: is not JSON: Expecting property name"),
        ('{"a" 1}', "line 1, column 6: is not JSON: Expecting ':'"),
        ('{"a": 1,}', "line 1, column 9: is not JSON: Expecting property name"),
        ('{"a": [1]} x', "line 1, column 12: is not JSON: Extra data"),
        ("", "line 1, column 1: is not JSON: Expecting value"),
        ('{"a": "\\q"}', "line 1, column 8: is not JSON: Invalid"),
        ('{"a": [], "a": []}', "has 'a' twice"),
        ("[]", "must be a JSON object .* Got a list instead"),
        ("17", "Got 17 instead"),
        ('{"d": ' + "[" * 100_000, "is not usable JSON"),
        ('{"d": ' + "9" * 5000 + "}", "is not usable JSON"),
    ],
)
def test_faults(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(DataError, match=says):
        list(walk(tmp_path / "a.json", {"a"}))


@pytest.mark.parametrize("chunk", [1, 3, 1 << 20])
def test_text_that_is_not_utf8(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    monkeypatch.setattr(json_stream, "_CHUNK", chunk)
    (tmp_path / "a.json").write_bytes(b'{"a": ["\xc3\xa9", "\xff"]}')
    with pytest.raises(DataError, match=r"is not UTF-8 text \(byte 14\)"):
        list(walk(tmp_path / "a.json", {"a"}))
    (tmp_path / "a.json").write_bytes(b'{"a": ["\xc3')
    with pytest.raises(DataError, match="is not UTF-8 text"):
        list(walk(tmp_path / "a.json", {"a"}))


def test_an_entry_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "MAX_ENTRY", 5000)
    monkeypatch.setattr(json_stream, "_CHUNK", 1000)
    monkeypatch.setattr(json_stream, "_AHEAD", 100)
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"a": ["x" * 900] * 100}))
    assert len(list(walk(path, {"a"}))) == 101
    path.write_text(json.dumps({"a": ["x" * 90_000]}))
    with pytest.raises(DataError, match="line 1, column 8: has an entry of more than 5,000"):
        list(walk(path, {"a"}))


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read: No such file"):
        list(walk(tmp_path / "a.json", {"a"}))
    with pytest.raises(DataError, match="cannot be read: Is a directory"):
        list(walk(tmp_path, {"a"}))
