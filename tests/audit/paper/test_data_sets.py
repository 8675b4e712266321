"""Table 1: what an index holds."""

import pytest

from labelnext.audit.paper import PAPER, data_sets
from labelnext.rounds import setup
from labelnext.rounds.setup import configure, set_up
from labelnext.store.index import Index
from tests.rounds.scenes import draw, project


def test_the_roles_that_hold_images(tmp_path):
    folder = project(tmp_path / "p", tmp_path / "data")
    path = folder / ".labelnext" / "index.sqlite"
    found = {one.name: one for one in data_sets(path)}
    assert list(found) == ["initial", "pool", "test"]
    assert [one.images for one in found.values()] == [6, 24, 6]
    assert {one.size for one in found.values()} == {"64 × 64"}
    assert [one.kind for one in found.values()] == ["stills", "video", "stills"]
    with Index.open(path) as index:
        for role, one in found.items():
            truths = index.truth([record.key for record in index.records(role)]).values()
            objects = [len(truth) for truth in truths if truth is not None]
            assert one.instances == sum(objects)
            assert one.images_with_instances == sum(n > 0 for n in objects)


def test_mixed_and_unlabelled_pools_are_told(tmp_path):
    stills, video = tmp_path / "stills", tmp_path / "video"
    draw(stills, 3, seed=1)
    sources: setup.Sources = {
        "pool": [f"images:{stills}/*.png", f"coco:{draw(video, 2, seed=2, video='drive')}"]
    }
    set_up(tmp_path / "p", configure({}), sources)
    (pool,) = data_sets(tmp_path / "p" / ".labelnext" / "index.sqlite")
    assert pool.kind == "video (2) and stills (3)"


def test_without_labels_nothing_is_counted(tmp_path):
    draw(tmp_path / "stills", 3, seed=1)
    sources: setup.Sources = {"pool": [f"images:{tmp_path / 'stills'}/*.png"]}
    set_up(tmp_path / "p", configure({}), sources)
    (pool,) = data_sets(tmp_path / "p" / ".labelnext" / "index.sqlite")
    assert (pool.images, pool.instances, pool.images_with_instances) == (3, None, None)


def test_no_index_holds_nothing(tmp_path):
    assert data_sets(tmp_path / "index.sqlite") == ()


@pytest.mark.parametrize(
    ("name", "images", "instances", "holding"),
    [("CityPersons", 1835, 7740, 1835), ("Caltech Pedestrian", 51363, 20062, 10523),
     ("BDD100K", 69836, 56473, 17632)],
)  # fmt: skip
def test_the_paper_s_own(name, images, instances, holding):
    one = next(one for one in PAPER if one.name == name)
    assert (one.images, one.instances, one.images_with_instances) == (images, instances, holding)
