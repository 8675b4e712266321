"""Counts and texts found at the speed of reading agree with a parser's, wherever chunks end."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from labelnext.data.formats.common import json_survey
from labelnext.errors import DataError


@pytest.mark.parametrize("chunk", [600, 1021, 4096, 1 << 20])
def test_against_a_parser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    monkeypatch.setattr(json_survey, "_CHUNK", chunk)
    rng = np.random.default_rng(chunk)
    words = ["car", 'a "quoted" one', "a\\b", "größe", "\n", "x" * 100, ""]
    frames = [
        {"name": f"{i}.jpg", "labels": [{"category": words[int(k)], "id": "x" * int(k)}
                                        for k in rng.integers(0, len(words), 5)]}
        for i in range(300)
    ]  # fmt: skip
    path = tmp_path / "a.json"
    for indent, ascii_only in [(None, True), (2, False)]:
        path.write_text(json.dumps(frames, indent=indent, ensure_ascii=ascii_only), "utf-8")
        found = json_survey.survey(path, ["name", "id"], ["category"])
        assert found.counts == {"name": 300, "id": 1500}
        assert found.texts == sorted(words)


def test_what_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(
        b'{"category": "\\ud800", "category": "\\x", "category": "\xff", "category": "cut'
    )
    assert json_survey.survey(path, ["category"], []).counts == {"category": 4}
    assert json_survey.survey(path, [], ["category"]).texts == []


def test_faults(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.json: does not exist"):
        json_survey.survey(tmp_path / "none.json", ["a"], [])
    os.mkfifo(tmp_path / "pipe.json")
    for path in (tmp_path, tmp_path / "pipe.json"):
        with pytest.raises(DataError, match="is not a regular file"):
            json_survey.survey(path, ["a"], [])
    path = tmp_path / "a.json"
    path.write_text("".join(f'"category": "{i}"' for i in range(20_000)))
    with pytest.raises(DataError, match="more than 10,000 different texts in 'category'"):
        json_survey.survey(path, [], ["category"])
