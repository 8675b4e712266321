"""A source in another folder is the same source if its files are; otherwise it is a new one."""

import json
import shutil
from pathlib import Path

import pytest

from labelnext.rounds.sources.indexing import index_source
from labelnext.store.index import Index
from tests.rounds.scenes import draw


@pytest.fixture
def index(tmp_path: Path):
    with Index.open(tmp_path / "index.sqlite", create=True) as opened:
        yield opened


def test_a_folder_that_moved(index: Index, tmp_path: Path) -> None:
    old = draw(tmp_path / "old" / "shop", 40, seed=1, video="door")
    index_source(index, f"coco:{old}", role="pool", hold_out=0.25)
    digests = [index.digest("pool"), index.digest("test")]
    (tmp_path / "new").mkdir()
    shutil.move(old.parent, tmp_path / "new" / "shop")
    spec = f"coco:{tmp_path}/new/shop/instances.json"
    report = index_source(index, spec, role="pool", hold_out=0.25)
    assert (report.source, report.present, report.added) == ("shop", 40, 0)
    assert (report.gone, report.changed) == ((), ())
    assert report.notes == (
        f"moved here from {tmp_path}/old/shop; the paths of its images were updated",
    )
    assert [index.digest("pool"), index.digest("test")] == digests
    assert all(Path(record.path).is_file() for record in index.records("pool"))
    again = index_source(index, spec, role="pool", hold_out=0.25)
    assert (again.present, again.notes) == (40, ())
    content = json.loads((tmp_path / "new" / "shop" / "instances.json").read_text())
    content["images"] = content["images"][:39]
    content["annotations"] = [a for a in content["annotations"] if a["image_id"] < 40]
    (tmp_path / "new" / "shop" / "instances.json").write_text(json.dumps(content))
    fewer = index_source(index, spec, role="pool", hold_out=0.25)
    assert fewer.gone == ("shop/0039.png",)  # known under the new place, too


def test_other_folders_of_the_name(index: Index, tmp_path: Path) -> None:
    old = draw(tmp_path / "a" / "shop", 8, seed=1)
    index_source(index, f"coco:{old}", role="pool")
    # Still there: a copy is another source.
    shutil.copytree(old.parent, tmp_path / "b" / "shop")
    copied = index_source(index, f"coco:{tmp_path}/b/shop/instances.json", role="pool")
    assert (copied.source, copied.added, copied.notes) == ("shop-2", 8, ())
    # Gone, but what is here is something else.
    shutil.rmtree(old.parent)
    other = index_source(index, f"coco:{draw(tmp_path / 'c' / 'shop', 8, seed=2)}", role="pool")
    assert (other.source, other.added) == ("shop-3", 8)
    # Gone, the contents the same, but one of the files.
    shutil.move(tmp_path / "b" / "shop", tmp_path / "d" / "shop")
    (tmp_path / "d" / "shop" / "0003.png").unlink()
    less = index_source(index, f"coco:{tmp_path}/d/shop/instances.json", role="pool")
    assert (less.source, less.added) == ("shop-4", 7)


def test_the_second_of_a_name_moves(index: Index, tmp_path: Path) -> None:
    for place, seed in (("a", 1), ("b", 2)):
        path = draw(tmp_path / place / "shop", 6, seed=seed)
        index_source(index, f"coco:{path}", role="pool")
    (tmp_path / "c").mkdir()
    shutil.move(tmp_path / "b" / "shop", tmp_path / "c" / "shop")
    report = index_source(index, f"coco:{tmp_path}/c/shop/instances.json", role="pool")
    assert (report.source, report.present) == ("shop-2", 6)
    assert index.sources() == {"shop": f"{tmp_path}/a/shop", "shop-2": f"{tmp_path}/c/shop"}
