"""Names with arguments in brackets, and plug-ins by name."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext import plugins
from labelnext.errors import LabelnextError
from labelnext.plugins import Call, parse_call
from tests.installed import plug_ins


@pytest.mark.parametrize(
    ("text", "call"),
    [
        ("coco", Call("coco", {}, "")),
        ("coco:a.json", Call("coco", {}, ":a.json")),
        ("coco[]:a", Call("coco", {}, ":a")),
        ("yolo[split=val]:a", Call("yolo", {"split": "val"}, ":a")),
        ("a-b2[x=1,y=true,z=null]", Call("a-b2", {"x": 1, "y": True, "z": None}, "")),
        ('a[x="30"]', Call("a", {"x": "30"}, "")),
        ("a[ x = 1.5 , y = b c ]", Call("a", {"x": 1.5, "y": "b c"}, "")),
        ("a[skip-bad=true]", Call("a", {"skip_bad": True}, "")),
        ("a[x=b=c]", Call("a", {"x": "b=c"}, "")),
        ("a[x=]", Call("a", {"x": ""}, "")),
        ("a[x=1,]:b", Call("a", {"x": 1}, ":b")),
        ("a[x=1", Call("a", {}, "[x=1")),
        ("http://a/b", Call("http", {}, "://a/b")),
        ("a/b", Call("a", {}, "/b")),
    ],
)
def test_parse_call(text: str, call: Call) -> None:
    assert parse_call(text) == call


@pytest.mark.parametrize("text", ["", "1a", "Coco:a", "/a", "é", "[x=1]", "-a", "\0"])
def test_texts_that_are_no_call(text: str) -> None:
    assert parse_call(text) is None


@pytest.mark.parametrize("text", ["a[b]", "a[=1]", "a[x=1,b]:c", "a[ =2]"])
def test_arguments_without_a_name_or_value(text: str) -> None:
    with pytest.raises(LabelnextError, match="is not of the form argument=value"):
        parse_call(text)


values = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False),
    st.text(st.characters(exclude_characters=",]", exclude_categories=["Cs"])),
)  # fmt: skip


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,8}", fullmatch=True), values, max_size=4))
def test_what_is_written_as_json_comes_back(arguments: dict[str, object]) -> None:
    text = ",".join(f"{name}={json.dumps(value)}" for name, value in arguments.items())
    assert parse_call(f"name[{text}]:rest") == Call("name", arguments, ":rest")


@given(st.text(max_size=30))
def test_any_text_is_a_call_or_none_or_refused(text: str) -> None:
    try:
        call = parse_call(text)
    except LabelnextError:
        return
    assert call is None or text.endswith(call.rest)


def test_names_and_load() -> None:
    assert {"coco", "pennfudan", "images"} <= set(plugins.names("readers"))
    from labelnext.data.formats import coco

    assert plugins.load("readers", "coco") is coco.read
    with pytest.raises(
        LabelnextError, match=r"There is no reader called 'nothing'\. Known: .*coco"
    ):
        plugins.load("readers", "nothing")
    with pytest.raises(LabelnextError, match="There is no plug-in group 'cats'"):
        plugins.names("cats")


@pytest.mark.parametrize(
    ("place", "fault"),
    [
        ("given_nowhere:Made", r"given_nowhere cannot be imported: ModuleNotFoundError: .*"),
        ("given_faulty:Made", r"given_faulty cannot be imported: ZeroDivisionError: .*"),
        ("given_other:Made", r"There is no Made in given_other\. It has: Other\."),
    ],
)
def test_a_faulty_plug_in_is_named_with_its_package(tmp_path, place: str, fault: str) -> None:
    (tmp_path / "given_faulty.py").write_text("1 / 0\n")
    (tmp_path / "given_other.py").write_text("class Other: pass\n")
    with plug_ins(tmp_path, "labelnext.detectors", {"mine": place}):
        assert "mine" in plugins.names("detectors")
        with pytest.raises(LabelnextError, match=fault) as said:
            plugins.load("detectors", "mine")
        if "cannot be imported" in str(said.value):
            assert "It has the detector 'mine': install given again" in str(said.value)
    assert "mine" not in plugins.names("detectors")
