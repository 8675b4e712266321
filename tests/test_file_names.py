import pytest

from labelnext.errors import DataError
from labelnext.file_names import FileNames


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("prw/frames/1.jpg", "prw/frames/1.jpg"),
        ("frames/1.jpg", "prw/frames/1.jpg"),
        ("1.jpg", "prw/frames/1.jpg"),
        ("frames\\1.jpg", "prw/frames/1.jpg"),
        ("./frames/1.jpg", "prw/frames/1.jpg"),
        ("/home/me/frames/1.jpg", "prw/frames/1.jpg"),
        ("/home/prw/frames/1.jpg", "prw/frames/1.jpg"),
    ],
)
def test_fits(tmp_path, name, key):
    names = FileNames(tmp_path, [name, "else/2.jpg"])
    assert names.find(key) == name
    assert names.find(key) == name


@pytest.mark.parametrize("name", ["other/1.jpg", "s/1.jpg", "1.jpeg", "frames", "x1.jpg"])
def test_does_not_fit(tmp_path, name):
    assert FileNames(tmp_path, [name]).find("prw/frames/1.jpg") is None


def test_the_closest_name_wins(tmp_path):
    names = FileNames(tmp_path, ["1.jpg", "a/1.jpg"])
    assert names.find("prw/a/1.jpg") == "a/1.jpg"
    assert names.find("prw/b/1.jpg") == "1.jpg"


def test_a_name_that_says_too_little(tmp_path):
    names = FileNames(tmp_path / "p.json", ["1.jpg"])
    assert names.find("prw/a/1.jpg") == "1.jpg"
    with pytest.raises(DataError, match=r"p\.json: '1\.jpg' fits two images.*a/1.*b/1"):
        names.find("prw/b/1.jpg")


def test_a_key_that_says_too_little(tmp_path):
    names = FileNames(tmp_path, ["x/a/1.jpg", "y/a/1.jpg"])
    with pytest.raises(DataError, match=r"2 of its images fit 'prw/a/1\.jpg'"):
        names.find("prw/a/1.jpg")
