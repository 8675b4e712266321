"""A detector that a command trains: what goes in, what has to come out, and every way to fail."""

import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from labelnext import masks
from labelnext.detectors.command import Command, CommandError, CommandFactory
from labelnext.detectors.none import NoDetector
from labelnext.detectors.predictions_file import PredictionsFile
from labelnext.errors import ArgumentError, ProjectError
from labelnext.protocols import Precomputed, Stochastic, Trainable, quiet
from labelnext.types import Example, GroundTruth

SCRIPT = Path(__file__).parent / "command" / "predict.py"
USUAL = f"{sys.executable} {SCRIPT} --data {{coco}} --out {{out}} --workdir {{workdir}} "
CLASSES = ("person", "dog")


def gone(pid):
    """Whether a process has ended (one that nobody has waited for yet counts)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def until(condition, seconds=20.0):
    last = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < last, "it took too long"
        time.sleep(0.02)


@pytest.fixture
def folder(tmp_path):
    """Where everything of a test is; the spaces and quotes are part of the test."""
    made = tmp_path / "a folder's name"
    made.mkdir()
    return made


@pytest.fixture
def start(folder):
    """The predictions that training starts from."""
    content = {
        "images": [{"id": 1, "file_name": "a.png"}],
        "categories": [{"id": 1, "name": "person"}, {"id": 2, "name": "dog"}],
        "annotations": [],
    }
    path = folder / "start.json"
    path.write_text(json.dumps(content))
    return path


def examples(folder, count=3):
    """Labelled images: files as they are, and pixels without a file."""
    rng = np.random.default_rng(0)
    found = []
    for i in range(count):
        pixels = rng.integers(0, 255, (20, 30, 3), np.uint8)
        file = None
        if i % 2 == 0:
            file = str(folder / f"pool {i}.png")
            Image.fromarray(pixels).save(file)
        truth = GroundTruth.from_boxes([[1, 2, 11, 12], [0, 0, 5, 5]], [i % 2, 0], [False, True])
        found.append(Example(f"pool/{i}.png", lambda pixels=pixels: pixels, truth, file))
    return found


def detector(start, text, options=(), **more):
    factory = CommandFactory(
        PredictionsFile, "predictions-file", Command.parse(text, options), CLASSES, **more
    )
    return factory.create(CLASSES, seed=0, path=str(start))


def calls(workdir):
    return [json.loads(line) for file in workdir.rglob("calls") for line in file.open()]


def fit(folder, start, text="", options=None, **more):
    made = detector(start, USUAL + text, options or {})
    return made.fit(
        examples(folder), seed=5, workdir=folder / "work", **(options or {}), **more
    )  # fmt: skip


def test_it_is_the_inner_detector_with_another_training(start):
    made = detector(start, USUAL)
    assert isinstance(made, Trainable)
    assert isinstance(made, Precomputed)
    assert not isinstance(made, Stochastic)
    assert made.fingerprint() == PredictionsFile.create(CLASSES, path=start).fingerprint()
    assert made.classes == CLASSES


def test_a_training_ends_with_a_new_detector_and_leaves_its_start_alone(folder, start):
    before = detector(start, USUAL + "--seed {seed}")
    old = before.fingerprint()
    told = []
    after = before.fit(
        examples(folder), seed=7 + 2**40, workdir=folder / "work",
        progress=lambda *step, **figures: told.append((*step, figures)),
    )  # fmt: skip
    assert before.fingerprint() == old != after.fingerprint()
    found = after.lookup(["pool/0.png", "pool/9.png"])
    assert found[0].detections.xyxy.tolist() == [[1, 2, 11, 12], [0, 0, 5, 5]]
    assert found[0].detections.scores[0] == pytest.approx(8 / 1002)
    assert found[1] is None
    assert ("gather", 3, 3, {}) in told
    assert ("train", 1, 4, {"loss": 0.5}) in told
    assert told[-1] == ("train", 4, 4, {"loss": 0.25})


def test_the_examples_are_a_coco_file_with_images_beside_it(folder, start):
    turned = folder / "turned.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (30, 20)).save(turned, exif=exif)
    upright = np.zeros((30, 20, 3), np.uint8)
    given = examples(folder)
    given.append(Example("t", lambda: upright, GroundTruth.from_boxes([]), str(turned)))
    detector(start, USUAL).fit(given, seed=5, workdir=folder / "work")
    (path,) = folder.rglob("instances.json")
    document = json.loads(path.read_text())
    assert [c["name"] for c in document["categories"]] == list(CLASSES)
    assert [image["key"] for image in document["images"]] == [e.key for e in given]
    for image, example in zip(document["images"], given, strict=True):
        with Image.open(path.parent / image["file_name"]) as file:
            assert file.size == (image["width"], image["height"])
            np.testing.assert_array_equal(np.asarray(file), example.load())
    files = [path.parent / image["file_name"] for image in document["images"]]
    assert files[0].samefile(given[0].file)
    assert files[3].suffix == ".png", "one that is turned by its EXIF orientation is written anew"
    first = [a for a in document["annotations"] if a["image_id"] == 1]
    assert [(a["category_id"], a["bbox"], a["iscrowd"]) for a in first] == [
        (1, [1, 2, 10, 10], 0), (1, [0, 0, 5, 5], 1),
    ]  # fmt: skip


def test_masks_are_handed_over(folder, start):
    planes = np.zeros((1, 20, 30), bool)
    planes[0, 3:9, 4:7] = True
    truth = GroundTruth.from_boxes([[4, 3, 7, 9]], masks=list(masks.pack(planes)))
    given = [Example("a.png", lambda: np.zeros((20, 30, 3), np.uint8), truth)]
    detector(start, USUAL).fit(given, seed=5, workdir=folder / "work")
    (path,) = folder.rglob("instances.json")
    (entry,) = json.loads(path.read_text())["annotations"]
    packed = np.empty(1, object)
    packed[0] = masks.read(entry["segmentation"], (20, 30))
    np.testing.assert_array_equal(masks.unpack(packed, (20, 30)), planes)


def test_placeholders_are_filled_in(folder, start):
    options = {"epochs": 3, "said": "two words, {as} they are"}
    fit(
        folder, start, "--init {init} --seed {seed} --epochs {epochs} --said {said}", options
    )  # fmt: skip
    (call,) = calls(folder)
    assert call["init"] == str(start)
    assert call["seed"] == "5"
    assert call["epochs"] == "3"
    assert call["said"] == options["said"]
    assert Path(call["out"]).suffix == ".json"


def test_saved_and_loaded_it_is_the_same(folder, start):
    after = fit(folder, start, "--seed {seed}")
    path = folder / "weights" / "round-0001.json"
    after.save(path)
    made = CommandFactory(PredictionsFile, "predictions-file", Command.parse(USUAL), CLASSES)
    again = made.load(path, path=str(start))
    assert again.fingerprint() == after.fingerprint()
    further = again.fit(examples(folder, 2), seed=6, workdir=folder / "work")
    assert further.fingerprint() != again.fingerprint()


def test_without_a_working_folder_it_can_be_saved_all_the_same(folder, start):
    after = detector(start, USUAL).fit(examples(folder), seed=5)
    after.save(folder / "w.json")
    kept = PredictionsFile.create(CLASSES, path=folder / "w.json")
    assert kept.fingerprint() == after.fingerprint()


def test_a_folder_of_weights_is_kept_whole(folder, start):
    text = USUAL + "--mode folder"
    factory = CommandFactory(PredictionsFile, "predictions-file", Command.parse(text), CLASSES)
    given = folder / "start"
    given.mkdir()
    (given / "predictions.json").write_text(start.read_text())
    after = factory.create(CLASSES, seed=0, path=str(given)).fit(
        examples(folder), seed=5, workdir=folder / "work"
    )
    for _ in range(2):
        after.save(folder / "weights" / "round-0001")
    loaded = factory.load(folder / "weights" / "round-0001", path=str(given))
    assert loaded.fingerprint() == after.fingerprint()


def test_an_onnx_model_is_replaced_by_the_one_that_is_written(folder):
    pytest.importorskip("onnxruntime", reason="the detector needs it")
    from labelnext.detectors.onnx_models import OnnxDetector
    from tests.detectors.onnx_toys import Toy

    first, second = (Toy(seed=i).write(folder / f"toy {i}.onnx") for i in (0, 1))
    code = "import shutil, sys; shutil.copy(sys.argv[1], sys.argv[2])"
    text = f"{{python}} -c '{code}' {shlex.quote(str(second))} {{out}} {{coco}} {{init}}"
    names = ("c0", "c1", "c2")
    factory = CommandFactory(OnnxDetector, "onnx", Command.parse(text), names)
    arguments = {"path": str(first), "names": list(names), "device": "cpu"}
    before = factory.create(names, seed=0, **arguments)
    truth = GroundTruth.from_boxes([[1, 2, 11, 12]])
    given = [Example("a", lambda: np.zeros((20, 30, 3), np.uint8), truth)]
    after = before.fit(given, seed=1, workdir=folder / "work")
    after.save(folder / "round-0001.onnx")
    again = factory.load(folder / "round-0001.onnx", **arguments)
    alone = OnnxDetector.create(names, path=second, names=list(names), device="cpu")
    assert before.fingerprint() != after.fingerprint()
    assert again.fingerprint() == after.fingerprint() == alone.fingerprint()
    image = np.full((64, 96, 3), 200, np.uint8)
    assert (
        again.predict([image])[0].maps.levels[0].logits
        == alone.predict([image])[0].maps.levels[0].logits
    ).all()


def test_one_that_succeeded_is_not_run_again(folder, start):
    first = fit(folder, start)
    assert fit(folder, start).fingerprint() == first.fingerprint()
    assert len(calls(folder)) == 1
    (file,) = folder.rglob("weights.json")
    file.write_text(start.read_text())  # not what it wrote
    assert fit(folder, start).fingerprint() == first.fingerprint()
    assert len(calls(folder)) == 2


def test_another_training_begins_anew(folder, start):
    fit(folder, start)
    fit(folder, start, "--seed {seed}")
    fit(folder, start, "--epochs {epochs}", {"epochs": 1})
    fit(folder, start, "--epochs {epochs}", {"epochs": 2})
    detector(start, USUAL).fit(examples(folder, 2), seed=5, workdir=folder / "work")
    assert len(calls(folder)) == 5
    assert len({call["workdir"] for call in calls(folder)}) == 5


def test_one_that_failed_goes_on_in_its_folder(folder, start):
    with pytest.raises(CommandError) as caught:
        fit(folder, start, "--mode fail-once")
    first, *tail = str(caught.value).split("\n")
    assert "ended with status 3 after " in first
    assert f"Its output is in {folder / 'work' / 'train.log'}" in first
    assert tail[0] == "  Traceback (most recent call last):"
    assert tail[1].startswith("  ValueError: the ")
    assert tail[1].endswith("[31mlearning rate is too high")
    assert "\x1b" not in str(caught.value)
    fit(folder, start, "--mode fail-once")
    assert len(calls(folder)) == 2
    assert len({call["workdir"] for call in calls(folder)}) == 1


@pytest.mark.parametrize(
    ("mode", "says"),
    [
        ("suicide", "was ended by SIGKILL"),
        ("nothing", r"wrote nothing to \{out\} \(.*weights\.json\), but best\.json beside it"),
        ("empty", r"left \{out\} \(.*\) empty"),
        ("old", "is older than this training"),
        ("garbage", r"cannot be loaded: .*weights\.json, line 1, column 13: is not JSON"),
        ("other-classes", "cannot be loaded: .*no category 'person'"),
        ("two-files", r"left weights\.json\.data beside"),
    ],
)
def test_faults(folder, start, mode, says):
    with pytest.raises(CommandError, match=rf"^The training command .*{says}.*Its output is in"):
        fit(folder, start, f"--mode {mode}")
    assert not list(folder.rglob("done.json"))


def test_a_program_that_is_not_there(folder, start):
    made = detector(start, "no-such-program {coco} {out}")
    with pytest.raises(CommandError, match="ended with status 127") as caught:
        made.fit(examples(folder), seed=5, workdir=folder / "work")
    assert "no-such-program: No such file or directory" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "options", "says"),
    [
        ("train {coco} {out} {epoch}", {"epochs"}, r"known placeholders \(\{coco\}, .*\{epochs\}"),
        ("train {coco} {out}", {"epochs"}, r"every option of the training, also \{epochs\}"),
        ("train {out}", (), r"names \{coco\}"),
        ("train {coco} 'out", (), "No closing quotation"),
        ("  ", (), "a command"),
        ("train {coco} {out} {seed}", {"seed"}, "not by an option of the training"),
    ],
)
def test_commands_that_are_none(text, options, says):
    with pytest.raises(ArgumentError, match=rf"detector\.train.*{says}"):
        Command.parse(text, options)


def test_words_are_split_as_by_a_shell_and_braces_can_be_written():
    made = Command.parse("""run 'a b' {coco} {{coco}} '{"a": {"b": 1}}' x={out}y ${HOME:-}""")
    assert made.fill({"coco": Path("/a b/c"), "out": "o", "seed": 1}) == [
        "run", "a b", "/a b/c", "{coco}", '{"a": {"b": 1}}', "x=oy", "${HOME:-}",
    ]  # fmt: skip
    made = Command.parse("{coco} {out} {a} {b} {c}", ["a", "b", "c"])
    values = {"coco": "", "out": "", "a": 0.1, "b": True, "c": [1, "x"]}
    assert made.fill(values) == ["", "", "0.1", "true", '[1, "x"]']
    with pytest.raises(ArgumentError, match=r"also \{c\}.*Give it under \[train\]"):
        made.fill({"coco": "", "out": "", "a": 1, "b": 1})


def test_a_detector_without_weights_has_no_command():
    factory = CommandFactory(NoDetector, "none", Command.parse(USUAL), CLASSES)
    with pytest.raises(ArgumentError, match="of a detector that has weights"):
        factory.create(CLASSES, seed=0)


DRIVER = """
import signal
import sys
from pathlib import Path
signal.signal(signal.SIGINT, signal.default_int_handler)  # else ignored in a background
sys.path.insert(0, {root!r})
from tests.detectors.test_command import USUAL, fit
fit(Path({folder!r}), Path({start!r}), {text!r})
"""


def driven(folder, start, text):
    """A training in a process of its own, and the processes of its command."""
    code = DRIVER.format(
        root=str(Path(__file__).parents[2]), folder=str(folder), start=str(start), text=text
    )
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE)
    until(lambda: list(folder.rglob("pids")) or process.poll() is not None, 60)
    (file,) = folder.rglob("pids")
    pids = [int(word) for word in file.read_text().split()]
    file.unlink()
    return process, pids


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_however_labelnext_ends_the_command_ends_with_it(folder, start, how):
    process, pids = driven(folder, start, "--mode hang-once")
    assert not any(map(gone, pids))
    process.send_signal(how)
    process.communicate()
    until(lambda: all(map(gone, pids)))
    assert fit(folder, start, "--mode hang-once").lookup(["pool/0.png"])[0] is not None
    assert len(calls(folder)) == 2
    assert len({call["workdir"] for call in calls(folder)}) == 1


def test_a_killed_guard_leaves_nothing_behind(folder, start):
    found = []

    def train():
        with pytest.raises(CommandError) as caught:
            fit(folder, start, "--mode hang --said deaf")
        found.append(str(caught.value))

    thread = threading.Thread(target=train)
    thread.start()
    until(lambda: list(folder.rglob("pids")), 60)
    pids = [int(word) for word in next(folder.rglob("pids")).read_text().split()]
    guard = int(Path(f"/proc/{pids[0]}/stat").read_text().rsplit(")", 1)[1].split()[1])
    os.kill(guard, signal.SIGKILL)
    thread.join(30)
    assert "was ended by SIGKILL" in found[0]
    until(lambda: all(map(gone, pids)))


def test_it_never_runs_twice_at_a_time(folder, start):
    process, pids = driven(folder, start, "--mode hang")
    try:
        from labelnext.detectors.command.process import run

        (lock,) = folder.rglob("lock")
        with pytest.raises(ProjectError, match=f"still running from before, as process {pids[0]}"):
            run(
                ["true"], log=folder / "log", lock=lock, environment={}, grace=0.1,
                before=lambda: pytest.fail("nothing may be cleared"), progress=quiet,
            )  # fmt: skip
    finally:
        process.kill()
        process.communicate()
    until(lambda: all(map(gone, pids)))


def test_a_deaf_command_is_killed_after_a_while(folder, start):
    from labelnext.detectors.command.process import run

    words = Command.parse(USUAL + "--mode hang --said deaf").fill(
        {"coco": "x", "out": folder / "o", "workdir": folder}
    )

    def interrupt(*_, **__):
        until(lambda: list(folder.glob("pids")))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(
            words, log=folder / "log", lock=folder / "lock", environment={}, grace=0.3,
            before=lambda: None, progress=interrupt,
        )  # fmt: skip
    pids = [int(word) for word in (folder / "pids").read_text().split()]
    until(lambda: all(map(gone, pids)), 2)


def test_progress_is_told_as_lines_come(folder):
    from labelnext.detectors.command.process import run

    code = (
        "import sys, time\n"
        "for i in range(3): sys.stdout.write('x' * 70000 + chr(13)); time.sleep(.15)\n"
        "print('labelnext-progress 0/0'); print('labelnext-progress 5/2'); print('labelnext-')\n"
        "print('  labelnext-progress 2/2 loss=0.1 ap=nan bad=x  ')\n"
    )
    told = []
    run(
        [sys.executable, "-c", code], log=folder / "log", lock=folder / "lock", environment={},
        before=lambda: None, progress=lambda *step, **figures: told.append((*step, figures)),
    )  # fmt: skip
    assert told[0][:3] == ("train", 0, 0)
    assert list(told[0][3]) == ["minutes"]
    (last,) = [step for step in told if step[2]]
    assert last[:3] == ("train", 2, 2)
    assert list(last[3]) == ["loss", "ap"]
