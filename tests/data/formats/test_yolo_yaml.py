"""The YAML file of a YOLO data set: every key's fault is named; no bomb, no depth, no size."""

from pathlib import Path

import pytest

from labelnext.data.formats.yolo.data_yaml import parse
from labelnext.errors import DataError


def put(folder: Path, text: str) -> Path:
    (folder / "data.yaml").write_text(text)
    return folder / "data.yaml"


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("[a, b]", ("a", "b")),
        ("{0: a, 1: b}", ("a", "b")),
        ("{1: b, 0: a}", ("a", "b")),
        ("\n- no\n- 1:30", ("no", "1:30")),
        ("['x y', \"é\"]", ("x y", "é")),
    ],
)
def test_names(tmp_path: Path, names: str, expected: tuple[str, ...]) -> None:
    assert parse(put(tmp_path, f"nc: 2\nnames: {names}")).names == expected


def test_everything(tmp_path: Path) -> None:
    config = parse(
        put(tmp_path, "path: x\ntrain: [a, b]\nval: c\ntest:\nnc: 2\nkpt_shape: [17, 3]\nextra: 1")
    )
    assert config.path == "x"
    assert config.splits == {"train": ("a", "b"), "val": ("c",)}
    assert config.names == ("0", "1")
    assert config.keypoints == 51


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[]", "must be a mapping with 'names' and 'train'. Got a list"),
        ("", "must be a mapping with 'names' and 'train'. Got None"),
        ("names: 5", "names: must be a list or a mapping. Got '5'"),
        ("names: [[a]]", "names: must be text. Got a list"),
        ("names: [a, a]", "name 1: 'a' is also name 0"),
        ("names: [a, '']", "names: must be text. Got ''"),
        ("names: {0: a, 2: b}", "names: must map 0 to 1 to names, but 1 is absent"),
        ("nc: 3\nnames: [a, b]", "nc: is 3, but there are 2 names"),
        ("nc: many", "nc: must be a whole number from 0 to 10,000. Got 'many'"),
        ("nc: 99999999999", "nc: must be a whole number from 0 to 10,000"),
        ("train: {a: b}", "train: must be text. Got a mapping"),
        ("path: [a]", "path: must be text. Got a list"),
        ("kpt_shape: [17]", "kpt_shape: must be .points, 2 or 3.. Got a list"),
        ("kpt_shape: [17, 4]", "kpt_shape: must be .points, 2 or 3.. Got 17 and 4"),
        ("names: [a", r"line \d, column \d: is not YAML"),
        ("a: b: c", r"line 1, column 5: is not YAML"),
        ("a: &x [1]\nb: *x", "line 2: holds an alias"),
        ("a: " + "[" * 50_000, "line 1: holds too deep a nesting"),
        ("? {a: b}\n: c", "line 1, column 3: is not YAML"),
        ("#" + "x" * 1_000_000, "has more than 1,000,000 bytes"),
        ("names: [" + ", ".join(map(str, range(10_001))) + "]", "has 10,001 class names"),
    ],
)
def test_faults(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(DataError, match=rf"data\.yaml(, |: ){says}"):
        parse(put(tmp_path, text))


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "data.yaml"
    for data in (b"names: [\xff]", b"names: [\0]", b"\x80" * 9):
        path.write_bytes(data)
        with pytest.raises(DataError, match=r"data\.yaml.*is not YAML"):
            parse(path)


def test_many_aliases_of_aliases(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x]"]
    lines += [f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 60)]
    with pytest.raises(DataError, match="line 2: holds an alias"):
        parse(put(tmp_path, "\n".join(lines)))
