"""`add`, `data split` and `data duplicates`, as a person and as a machine would use them."""

import json
import shutil

import pytest

from tests.cli.test_commands import labelnext
from tests.rounds.scenes import draw


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    base = tmp_path_factory.mktemp("sources")
    pedestrians = draw(base / "pedestrians", 8, seed=4)
    content = json.loads(pedestrians.read_text())
    content["categories"] = [{"id": 1, "name": "pedestrian"}]
    pedestrians.write_text(json.dumps(content))
    return {
        "pool": draw(base / "pool", 20, seed=2, video="drive"),
        "more": draw(base / "more", 6, seed=3),
        "pedestrians": pedestrians,
    }


def test_add(sources, tmp_path):
    shop = tmp_path / "shop"
    labelnext("init", shop, "--pool", f"coco:{sources['pool']}", "--detector", "none",
              "--strategy", "random")  # fmt: skip
    text = labelnext("add", "-C", shop, "--pool", f"coco:{sources['more']}").stdout
    assert text.startswith("more (pool): 6 added, 0 present")
    assert "Next for the initial detector" in text
    wrong = labelnext("add", "-C", shop, "--pool", f"coco:{sources['pedestrians']}", ok=False)
    assert "has none of the classes person; it has pedestrian" in wrong.stderr
    assert "--map pedestrian=NAME" in wrong.stderr
    words = ("add", "-C", shop, "--pool", f"coco:{sources['pedestrians']}")
    found = json.loads(labelnext(*words, "--map", "pedestrian=person", "--json").stdout)
    assert found["sources"][0]["objects"] > 0
    wrong = labelnext(*words, "--map", "pedestrian=cyclist", ok=False)
    assert "'cyclist' is none of the classes to detect (person)" in wrong.stderr
    state = json.loads(labelnext("status", "-C", shop, "--json").stdout)
    assert state["images"]["pool"] == 34
    assert "no project here" in labelnext("add", "-C", tmp_path, ok=False).stderr


def test_add_says_where_a_source_moved_and_what_is_held_out(sources, tmp_path):
    shutil.copytree(sources["pool"].parent, tmp_path / "a" / "pool")
    shop = tmp_path / "shop"
    how = ("--hold-out", "0.5", "--split-by", r"name:\d(?=\.)")
    text = labelnext("init", shop, "--pool", f"coco:{tmp_path}/a/pool/instances.json", *how,
                     "--detector", "none", "--strategy", "random").stdout  # fmt: skip
    assert "held out for testing by name:" in text
    assert "5 of 10 groups, 10 of 20 images (50.0%): " in text
    (tmp_path / "b").mkdir()
    shutil.move(tmp_path / "a" / "pool", tmp_path / "b" / "pool")
    spec = f"coco:{tmp_path}/b/pool/instances.json"
    text = labelnext("add", "-C", shop, "--pool", spec, *how).stdout
    assert "20 present" in text
    assert f"moved here from {tmp_path}/a/pool; the paths of its images were updated" in text


def test_split(sources, tmp_path):
    words = ("data", "split", f"coco:{sources['pool']}", tmp_path / "out", "--by", "image",
             "--part", "train=0.8", "--part", "val=0.2")  # fmt: skip
    text = labelnext(*words).stdout
    assert "80" in text
    found = json.loads(labelnext(*words, "--list", "--json").stdout)
    assert [part["images"] for part in found] == [16, 4]
    assert len((tmp_path / "out" / "val.txt").read_text().splitlines()) == 4
    content = json.loads((tmp_path / "out" / "train.json").read_text())
    assert len(content["images"]) == 16
    wrong = labelnext(*words[:-1], "val=much", ok=False)
    assert "--part val=much is not of the form NAME=SHARE" in wrong.stderr
    one = labelnext(*words[:5], "video", *words[6:], ok=False)
    assert "val would be empty, with 1 groups" in one.stderr


def test_duplicates(sources, tmp_path):
    shutil.copytree(sources["more"].parent, tmp_path / "copy")
    words = ("data", "duplicates", f"train=coco:{sources['more']}", f"test=images:{tmp_path}/copy")
    text = labelnext(*words).stdout
    assert text.startswith("12 images. One of each kept, 6 are left without those of the same")
    assert "6 groups of the same bytes:\n  more/0000.png, copy/0000.png\n" in text
    assert "warning: 6 groups have images of both more (train) and copy (test)" in text
    found = json.loads(labelnext(*words, "--distance", "0", "--json").stdout)
    assert (found["images"], found["left_exact"], len(found["exact"])) == (12, 6, 6)
    assert "nowhere" in labelnext("data", "duplicates", "nowhere", ok=False).stderr
