"""Copies among several sources, with a warning where they are on two sides."""

import shutil
from pathlib import Path

from labelnext.data.review.repeated import search
from tests.data.review.test_duplicates import scene


def test_two_sides(tmp_path: Path) -> None:
    for name, seeds in (("one", range(6)), ("two", range(4, 9)), ("three", range(20, 22))):
        (tmp_path / name).mkdir()
        for seed in seeds:
            scene(seed).save(tmp_path / name / f"{seed}.png")
    shutil.copy(tmp_path / "one" / "1.png", tmp_path / "one" / "again.png")
    scene(0).save(tmp_path / "two" / "near 0.jpg", quality=80)
    (tmp_path / "two" / "bad.png").write_bytes(b"")
    specs = [f"images:{tmp_path}/{name}" for name in ("one", "two", "three")]
    found = search(list(zip(("train", "test", "train"), specs, strict=True)))
    assert found.images == 7 + 6 + 2
    assert found.exact == [
        ["one/1.png", "one/again.png"], ["one/4.png", "two/4.png"], ["one/5.png", "two/5.png"],
    ]  # fmt: skip
    assert found.near == [["one/0.png", "two/near 0.jpg"]]
    assert (found.left_exact, found.left_near) == (12, 11)
    assert found.unusable == [("two/bad.png", "the file is empty")]
    assert found.warnings == [
        "3 groups have images of both one (train) and two (test): 3 and 3 images, so tests on the "
        "one will look too good for the other"
    ]
    assert search([("", spec) for spec in specs]).warnings == []
