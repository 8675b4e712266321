"""Every check can fail: a sound detector passes all, and each fault is found and explained."""

import json
import pickle
import re
from contextlib import suppress
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from labelnext.cli.app import app
from labelnext.detectors.contract import CHECKS, Subject, run
from labelnext.errors import ArgumentError
from labelnext.protocols import Precomputed, Stochastic, Trainable
from labelnext.types import Detections, Prediction
from tests.detectors.subjects import predictions_file
from tests.docs.examples import blocks

TWO = ("person", "dog")
SCOPE = {}
exec(compile(blocks("detectors/bring-your-own.md", "python")[0], "coloured.py", "exec"), SCOPE)
Coloured = SCOPE["Coloured"]


class Sound(Coloured):
    """The detector of the documentation, with all that is optional, and twice as many boxes."""

    @classmethod
    def create(cls, classes, *, seed, stride=8):
        made = Coloured.create(classes, seed=seed, stride=stride)
        return cls(made.classes, made.stride, made.weights)

    @classmethod
    def load(cls, path, *, stride=8):
        made = Coloured.load(path, stride=stride)
        return cls(made.classes, made.stride, made.weights)

    def fit(self, examples, **options):
        made = super().fit(examples, **options)
        return type(self)(made.classes, made.stride, made.weights)

    def _one(self, image):
        one = super()._one(image)
        n = len(one.detections)
        return replace(one, detections=replace(one.detections, features=np.ones((n, 3), "f4")))

    def sample(self, images, *, samples, rng, dropout=0.5):
        kept = []
        for image in images:
            draws = []
            for _ in range(samples):
                mask = (rng.random(self.weights.shape) >= dropout) / (1 - dropout)
                drawn = type(self)(self.classes, self.stride, (self.weights * mask).astype("f4"))
                draws.append(drawn._one(image).maps)
            kept.append(draws)
        return kept


def outcomes(kind, folder, **more):
    subject = Subject(kind, folder, TWO, {"stride": 8}, {"epochs": 2}, **more)
    return {one.check: one for one in run(subject)}


def changed(kind, **fields):
    """A class whose predictions differ in some fields from those of another."""

    class Changed(kind):
        def _one(self, image):
            one = super()._one(image)
            return replace(one, **{name: make(self, image, one) for name, make in fields.items()})

    return Changed


def boxes(**fields):
    """A fault in the boxes."""
    return changed(
        Sound,
        detections=lambda self, image, one: replace(
            one.detections, **{name: make(one.detections, image) for name, make in fields.items()}
        ),
    )


def levels(make, *, size=None, activation=None):
    """A fault in the maps."""

    def maps(self, image, one):
        found = tuple(make(level, image) for level in one.maps.levels)
        return replace(
            one.maps, levels=found, image_size=size(image) if size else one.maps.image_size,
            activation=activation or "sigmoid",
        )  # fmt: skip

    return changed(Sound, maps=maps)


def method(**methods):
    """A detector with other methods."""
    return type("Other", (Sound,), methods)


def test_a_sound_detector_passes_everything_that_can_be_seen(tmp_path):
    assert isinstance(Sound.create(TWO, seed=0), Trainable)
    assert isinstance(Sound.create(TWO, seed=0), Stochastic)
    image = np.zeros((64, 96, 3), np.uint8)
    image[16:40, 24:40] = 255
    found = outcomes(Sound, tmp_path, more={"a.png": image})
    states = {name: one.state for name, one in found.items()}
    assert len(states) == len(CHECKS)
    assert [name for name, state in states.items() if state == "failed"] == []
    assert [name for name, state in states.items() if state == "skipped"] == [
        "lookup.one_a_key", "lookup.alone_and_together", "segments.pixels",
    ]  # fmt: skip
    assert all(one.words.endswith(".") for one in found.values())


# ------------------------------------------------------------------------------ methods, weights


def strict_load(cls, path, *, stride=8, classes):
    return Sound.load(path, stride=stride)


def lenient(cls, classes, *, seed, stride=8, **others):
    made = Sound.create(classes, seed=seed, stride=stride)
    return cls(made.classes, made.stride, made.weights)


def unseeded(cls, classes, *, seed, stride=8):
    rng = np.random.default_rng()
    return cls(tuple(classes), stride, rng.normal(0, 1, (len(classes), 4)).astype(np.float32))


def fused(cls, classes, *, seed, stride=8):
    made = Sound.create(classes, seed=seed, stride=stride)
    return cls(list(classes)[::-1], made.stride, made.weights)


class InPlace(Sound):
    """Trains itself."""

    def fit(self, examples, **options):
        self.weights = super().fit(examples, **options).weights
        return self


class Forgetful(Sound):
    """Reads half precision back."""

    def save(self, path):
        type(self)(self.classes, self.stride, self.weights.round(1)).write(path)

    def write(self, path):
        Coloured.save(self, path)


def pickled(self, path):
    path.write_bytes(pickle.dumps((self.classes, self.stride, self.weights)))


def unpickled(cls, path, *, stride=8):
    return cls(*pickle.loads(path.read_bytes()))


def beside(self, path):
    Coloured.save(self, path)
    path.with_name("classes.txt").write_text("person")


# ---------------------------------------------------------------------------------------- training


def fit_with(change):
    """A training with something wrong in it."""

    def fit(self, examples, *, seed, workdir=None, progress=None, epochs=2, rate=1.0):
        told = progress or (lambda *step, **figures: None)
        given = {"seed": seed, "workdir": workdir, "progress": told, "epochs": epochs}
        return change(self, examples, given)

    return method(fit=fit)


def global_draws(self, examples, options):
    made = Sound.fit(self, examples, **options)
    made.weights += np.random.rand(*made.weights.shape).astype("f4")  # noqa: NPY002
    return made


def seedless(self, examples, options):
    return Sound.fit(self, examples, **{**options, "seed": 0})


def silent(self, examples, options):
    return Sound.fit(self, examples, **{**options, "progress": lambda *_, **__: None})


def too_far(self, examples, options):
    told = options["progress"]
    return Sound.fit(
        self, examples,
        **{**options, "progress": lambda task, done, total, **_: told(task, done * 3, total)},
    )  # fmt: skip


def half_kept(self, examples, options):
    """Goes on from weights, and takes the epochs from the beginning."""
    workdir = options["workdir"]
    start = self
    if workdir is not None and (workdir / "state.npy").exists():
        start = type(self)(self.classes, self.stride, np.load(workdir / "state.npy"))

    def told(task, done, total, **figures):
        if workdir is not None:
            np.save(workdir / "state.npy", start.weights + 0.5)
        options["progress"](task, done, total, **figures)

    return Sound.fit(start, examples, **{**options, "progress": told})


def swallows(self, examples, options):
    def told(*step, **figures):
        with suppress(BaseException):
            options["progress"](*step, **figures)

    return Sound.fit(self, examples, **{**options, "progress": told})


def no_empties(self, examples, options):
    made = Sound.fit(self, examples, **options)
    objects = sum(len(example.truth) for example in examples)
    made.weights = (made.weights * np.float32(objects) / np.float32(objects)).astype("f4")
    return made


def untrained(self, examples, options):
    Sound.fit(self, examples, **options)
    return type(self)(self.classes, self.stride, self.weights.copy())


# ------------------------------------------------------------------------------------- predictions


def padded_together(self, images):
    most = np.max([image.shape for image in images], 0) if images else (0, 0, 0)
    pads = [[(0, most[i] - image.shape[i]) for i in range(3)] for image in images]
    wide = [np.pad(image, pad) for image, pad in zip(images, pads, strict=True)]
    return [
        replace(self._one(image), maps=self._one(small).maps)
        for image, small in zip(wide, images, strict=True)
    ]


def batch_normed(self, images):
    mean = np.mean([image.mean() for image in images]) if images else 0
    return [self._one((image * 0.5 + mean * 0.5).astype(np.uint8)) for image in images]


def grouped(self, images):
    """By size, and left so."""
    return [self._one(image) for image in sorted(images, key=lambda image: image.shape)]


def restless(self, images):
    noise = np.random.default_rng().integers(0, 60, 1)
    return [self._one(np.minimum(image, 195) + noise.astype(np.uint8)) for image in images]


def writes(self, images):
    found = [self._one(image) for image in images]
    for image in images:
        image[:] = 255 - image
    return found


def generator(self, images):
    return (self._one(image) for image in images)


def needs_one(self, images):
    np.stack([image[:1, :1] for image in images])
    return [self._one(image) for image in images]


def needs_size(self, images):
    assert all(min(image.shape[:2]) >= 8 for image in images), "too small"
    return [self._one(image) for image in images]


# ----------------------------------------------------------------------------------------- samples


def sample_with(change):
    """Random passes with something wrong in them."""

    def sample(self, images, *, samples, rng):
        return change(self, images, samples, rng)

    return method(sample=sample)


def once(self, images, samples, rng):
    return [[draws[0]] * samples for draws in Sound.sample(self, images, samples=1, rng=rng)]


def own_draws(self, images, samples, rng):
    return Sound.sample(self, images, samples=samples, rng=np.random.default_rng())


def fixed_draws(self, images, samples, rng):
    return Sound.sample(self, images, samples=samples, rng=np.random.default_rng(0))


def by_draw(self, images, samples, rng):
    found = Sound.sample(self, images, samples=samples, rng=rng)
    return [list(draws) for draws in zip(*found, strict=True)]


def coarse(self, images, samples, rng):
    other = type(self)(self.classes, 16, self.weights)
    return Sound.sample(other, images, samples=samples, rng=rng)


def stays_on(self, images, samples, rng):
    found = Sound.sample(self, images, samples=samples, rng=rng)
    self.weights = self.weights * np.float32(0.5)
    return found


def shrinks(self, images, *, samples, rng, dropout=0.5):
    return Sound.sample(self, images, samples=samples, rng=rng, dropout=dropout / 2 + 0.2)


FAULTS = [
    ("no load", SimpleNamespace(create=Sound.create), "methods.factory", "a method load"),
    ("load wants more", method(load=classmethod(strict_load)), "methods.factory", "classes"),
    ("create raises", method(create=classmethod(lambda cls, classes, *, seed, stride=8: 1 / 0)),
     "methods.detector", "ZeroDivisionError: division by zero, in "),
    ("no fingerprint", method(fingerprint=None), "methods.detector", "a method `fingerprint`"),
    ("other classes", method(create=classmethod(fused)), "methods.classes", "('person', 'dog')"),
    ("fit without save", method(save=None), "methods.signatures", "`fit` alone"),
    ("fit without workdir", method(fit=lambda self, examples, *, seed, progress=None: self),
     "methods.signatures", "workdir"),
    ("any argument", method(create=classmethod(lenient)), "methods.unknown_arguments",
     "no_such_argument"),
    ("unseeded", method(create=classmethod(unseeded)), "weights.fingerprint", "same arguments"),
    ("fingerprint without classes",
     method(fingerprint=lambda self: str(hash(np.abs(self.weights).sum()))),
     "weights.fingerprint_of_classes", "names of the classes"),
    ("fingerprint without weights", method(fingerprint=lambda self: str(self.classes)),
     "weights.fingerprint_of_weights", "Hash the weights"),
    ("rounded weights", Forgetful, "weights.there_and_back", "unrounded"),
    ("a file beside", method(save=beside), "weights.one_file", "classes.txt beside it"),
    ("pickled", method(save=pickled, load=classmethod(unpickled)), "weights.no_pickle",
     "safetensors"),
    ("trains itself", InPlace, "training.start_stays", "copy.deepcopy"),
    ("global generator", fit_with(global_draws), "training.by_the_seed", "generators made of"),
    ("no seed", fit_with(seedless), "training.seeds_differ", "the same. Use the seed"),
    ("no progress", fit_with(silent), "training.tells_progress", "none. Call it after every"),
    ("too much progress", fit_with(too_far), "training.tells_progress", "done up to total"),
    ("half of the state", fit_with(half_kept), "training.goes_on", "undisturbed training"),
    ("errors swallowed", fit_with(swallows), "training.goes_on", "Ctrl-C"),
    ("division by objects", fit_with(no_empties), "training.empty_images", "max(1, number"),
    ("nothing learned", fit_with(untrained), "weights.fingerprint_of_weights", "the same"),
    ("a generator", method(predict=generator), "predictions.one_an_image", "a list of 3"),
    ("boxes alone", method(predict=lambda self, images: [self._one(i).maps for i in images]),
     "predictions.one_an_image", "DenseMaps"),
    ("no empty batch", method(predict=needs_one), "predictions.none_for_none", "ValueError"),
    ("large images only", method(predict=needs_size), "predictions.every_size",
     "(on the drawn image of 5 × 7 px), in "),
    ("padded in the batch", method(predict=padded_together), "batches.of_several_sizes",
     "never pad one because of another"),
    ("statistics of the batch", method(predict=batch_normed), "batches.of_one_size",
     "evaluation mode"),
    ("order by size", method(predict=grouped), "batches.of_several_sizes", "in the order of"),
    ("not deterministic", method(predict=restless), "batches.again", "Turn dropout off"),
    ("pixels changed", method(predict=writes), "batches.pixels_stay", "image.copy()"),
    ("float64 boxes", boxes(xyxy=lambda d, _: d.xyxy.astype(float)), "boxes.shapes", "float64"),
    ("int32 classes", boxes(classes=lambda d, _: d.classes.astype("i4")), "boxes.shapes", "int32"),
    ("width and height",
     boxes(xyxy=lambda d, _: np.concatenate([d.xyxy[:, :2], d.xyxy[:, 2:] - d.xyxy[:, :2]], 1)),
     "boxes.inside", "[x, y, width, height]"),
    ("of the network's input", boxes(xyxy=lambda d, _: d.xyxy * 640), "boxes.inside",
     "back to the image's pixels"),
    ("NaN boxes", boxes(xyxy=lambda d, _: d.xyxy * np.float32(np.nan)), "boxes.inside", "NaN"),
    ("logits as scores", boxes(scores=lambda d, _: d.scores * 7), "boxes.scores", "not logits"),
    ("not sorted", boxes(scores=lambda d, _: d.scores[::-1]), "boxes.scores", "best first"),
    ("classes from 1", boxes(classes=lambda d, _: d.classes + 1), "boxes.scores", "count from 0"),
    ("vectors of another width", boxes(probabilities=lambda d, _: d.probabilities[:, :1]),
     "boxes.probabilities", "full vector"),
    ("vectors swapped", boxes(probabilities=lambda d, _: d.probabilities[:, ::-1]),
     "boxes.probabilities", "Order the columns"),
    ("softmax without sum",
     boxes(probabilities=lambda d, _: np.concatenate(
         [d.probabilities, d.probabilities[:, :1]], 1)),
     "boxes.probabilities", "background, which is last"),
    ("features of several lengths",
     boxes(features=lambda d, image: np.ones((len(d), image.shape[0]), "f4")),
     "boxes.features", "lengths [1, 5, 33"),
    ("float16 maps", levels(lambda level, _: replace(level, logits=level.logits.astype("f2"))),
     "maps.logits", "float16"),
    ("infinite logits", levels(lambda level, _: replace(level, logits=level.logits / 0)),
     "maps.logits", "clip those"),
    ("too many maps",
     levels(lambda level, _: replace(level, logits=np.repeat(level.logits, 2, 0))),
     "maps.logits", "1 or 2 maps a level with sigmoid. Got 4"),
    ("softmax without background", levels(lambda level, _: level, activation="softmax"),
     "maps.logits", "3 maps a level with softmax. Got 2"),
    ("levels that come and go",
     changed(Sound, maps=lambda self, image, one: replace(
         one.maps, levels=one.maps.levels * (1 + (image.shape[0] > 90)))),
     "maps.one_number_of_classes", "[2, 2] on"),
    ("fractional strides", levels(lambda level, _: replace(level, stride=8.0)),
     "maps.strides", "int("),
    ("rounded down",
     levels(lambda level, image: replace(
         level, logits=level.logits[:, : image.shape[0] // 8, : image.shape[1] // 8])),
     "maps.cover", "12 × 16 on the drawn image of 97 × 129 px"),
    ("image_size turned", levels(lambda level, _: level, size=lambda image: image.shape[1::-1]),
     "maps.cover", "(height, width)"),
    ("embeddings of several lengths",
     changed(Sound, embedding=lambda self, image, one: np.ones(image.shape[0], "f4")),
     "predictions.embedding", "Pool over places"),
    ("NaN in embeddings",
     changed(Sound, embedding=lambda self, image, one: one.embedding * np.float32(np.nan)),
     "predictions.embedding", "finite"),
    ("one draw", sample_with(once), "stochastic.draws_differ", "leave `sample` out"),
    ("draws of its own", sample_with(own_draws), "stochastic.by_the_generator", "alone"),
    ("always the same draws", sample_with(fixed_draws), "stochastic.by_the_generator",
     "the same. Draw from `rng`"),
    ("draw by draw", sample_with(by_draw), "stochastic.shapes", "on the drawn image of"),
    ("other maps", sample_with(coarse), "stochastic.shapes", "Decode draws as"),
    ("dropout stays on", sample_with(stays_on), "stochastic.plain_after", "evaluation mode"),
    ("another dropout", method(sample=shrinks), "stochastic.no_dropout", "that `dropout` names"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "check", "says"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS]
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.usefixtures("unchecked")
def test_faults_are_found_and_explained(tmp_path, kind, check, says):
    found = outcomes(kind, tmp_path)
    one = found[check]
    assert one.state == "failed", {name: one.state for name, one in found.items()}
    said = f"expected {one.expected}. Got {one.got}. {one.remedy}"
    assert says in said
    assert "\n" not in said
    failed = [name for name, one in found.items() if one.state == "failed"]
    assert len(failed) <= 8, f"a fault in one thing is told of in many: {failed}"


def test_every_check_was_seen_to_fail():
    seen = {check for _, _, check, _ in FAULTS}
    apart = {
        "segments.pixels",
        "maps.where_boxes_are",
        "lookup.one_a_key",
        "lookup.alone_and_together",
    }
    assert {check.name for check in CHECKS} == seen | apart


def test_maps_that_lie_elsewhere_than_boxes_are_found_on_given_images(tmp_path):
    image = np.zeros((64, 96, 3), np.uint8)
    image[8:24, 8:24] = 255
    made = Coloured(TWO, 8, np.array([[9, 9, 9, -13], [-9, 0, 0, -5]], np.float32))
    shift = levels(lambda level, _: replace(level, logits=np.roll(level.logits, 5, 2)))
    for kind, state in ((Sound, "passed"), (shift, "failed")):
        fixed = type("Fixed", (kind,), {"create": classmethod(
            lambda cls, classes, *, seed, stride=8: cls(TWO, 8, made.weights))})  # fmt: skip
        one = outcomes(fixed, tmp_path / state, more={"a.png": image})["maps.where_boxes_are"]
        assert one.state == state
        assert state == "passed" or "on a.png. " in f"{one.got}. "


class Painted(Sound):
    """Segments, by softmax maps with the background at 0."""

    given = "i2"

    def _one(self, image):
        one = super()._one(image)
        (level,) = one.maps.levels
        logits = np.concatenate([level.logits, np.zeros_like(level.logits[:1])])
        maps = replace(one.maps, levels=(replace(level, logits=logits),), activation="softmax")
        return replace(one, maps=maps)

    def segment(self, maps, size):
        (level,) = maps.levels
        best = level.logits.argmax(0).repeat(level.stride, 0).repeat(level.stride, 1)
        return best[: size[0], : size[1]].astype(self.given)


@pytest.mark.usefixtures("unchecked")
def test_pixels_of_detectors_that_segment(tmp_path):
    assert outcomes(Painted, tmp_path / "sound")["segments.pixels"].state == "passed"
    for number, (change, says) in enumerate((
        ({"given": "i8"}, "int16 [96, 128]. Got int64"),
        ({"segment": lambda self, maps, size: Painted.segment(self, maps, size) - np.int16(3)},
         "classes from 0 to 2. Got -"),
        ({"segment": lambda self, maps, size: Painted.segment(self, maps, (9, 9))},
         "Got int16 [9, 9]"),
    )):  # fmt: skip
        one = outcomes(type("Other", (Painted,), change), tmp_path / str(number))["segments.pixels"]
        assert one.state == "failed"
        assert says in f"{one.expected}. Got {one.got}"


class Known:
    """Predictions by name."""

    def __init__(self, classes, *, wrong=""):
        self.classes, self.wrong = tuple(classes), wrong
        self.asked = 0

    @classmethod
    def create(cls, classes, *, seed, wrong=""):
        return cls(classes, wrong=wrong)

    @classmethod
    def load(cls, path, *, wrong=""):
        return cls(TWO, wrong=wrong)

    def predict(self, images):
        raise NotImplementedError

    def fingerprint(self):
        return "known"

    def lookup(self, keys):
        found = [self._one(key) if key.startswith("a") or self.wrong == "all" else None
                 for key in keys]  # fmt: skip
        return found[::-1] if self.wrong == "order" and len(keys) == 2 else found

    def _one(self, key):
        xyxy = np.array([[0, 0, 4, 4 + len(key) % 3]], np.float32)
        return Prediction(None, Detections(xyxy, np.ones(1, "f4"), np.zeros(1, np.int64)))


@pytest.mark.parametrize(
    ("wrong", "fails"),
    [("", []), ("all", ["lookup.one_a_key"]), ("order", ["lookup.alone_and_together"])],
)
def test_predictions_that_are_looked_up(tmp_path, wrong, fails):
    assert isinstance(Known(TWO), Precomputed)
    pixels = np.zeros((8, 8, 3), np.uint8)
    subject = Subject(
        Known, tmp_path, TWO, {"wrong": wrong}, more={"a1.png": pixels, "a10.png": pixels}
    )
    found = {one.check: one for one in run(subject)}
    failed = [name for name, one in found.items() if one.state == "failed"]
    assert [name for name in failed if name.startswith("lookup")] == fails
    assert wrong == "all" or found["boxes.inside"].state == "passed"
    assert found["predictions.every_size"].why == "it looks predictions up"


def steps(self, examples, *, seed, workdir=None, progress=None, steps=2):
    return Coloured.fit(self, examples, seed=seed, progress=progress, epochs=steps)


def picky(self, examples, *, seed, workdir=None, progress=None, **options):
    if options:
        raise ArgumentError("fit", "epochs", expected="steps", got="epochs")
    return steps(self, examples, seed=seed, workdir=workdir, progress=progress)


def counting(self, examples, *, seed, workdir=None, progress=None, **options):
    return Coloured.fit(self, examples, seed=seed, progress=progress, epochs=options["epochs"])


@pytest.mark.parametrize(
    ("fit", "options"),
    [(steps, {}), (picky, {}), (counting, {"epochs": 1}), (Coloured.fit, {"epochs": 1})],
)
def test_a_training_is_short_where_it_counts_in_epochs(tmp_path, fit, options):
    subject = Subject(method(fit=fit), tmp_path, TWO)
    assert subject._options == options
    assert subject.fit().classes == TWO


# -------------------------------------------------------------------------------- the command line


def command(*words):
    return CliRunner().invoke(app, ["check-detector", *map(str, words)])


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with the detector of the documentation, sound and with a fault."""
    code = blocks("detectors/bring-your-own.md", "python")[0]
    (tmp_path / "sound_one.py").write_text(code)
    (tmp_path / "faulty_one.py").write_text(
        code.replace("probability[k, i, j],", "8 * logits[k, i, j],")
    )
    (tmp_path / "broken_one.py").write_text("import no_such_module_at_all\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_command_passes_a_sound_one(here):
    done = command("sound_one:Coloured", "--set", "stride=4", "--train", "epochs=3")
    assert done.exit_code == 0, done.output
    assert "sound_one:Coloured predicts maps, boxes, class vectors and embeddings; no feat" in (
        done.stdout
    )
    assert done.stdout.splitlines()[-1].startswith("32 checks passed, 0 failed")


def test_the_command_explains_a_fault_and_its_status_is_1(here):
    done = command("faulty_one:Coloured", "--json")
    assert done.exit_code == 1
    document = json.loads(done.stdout)
    failed = [one for one in document["checks"] if one["state"] == "failed"]
    assert [one["check"] for one in failed][:1] == ["boxes.scores"]
    assert failed[0]["remedy"] == "Give probabilities, not logits."
    assert document["failed"] == len(failed)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nothing_there:Coloured", "nothing_there cannot be imported: ModuleNotFoundError"),
        ("broken_one:Coloured", "broken_one cannot be imported: .*no_such_module_at_all"),
        ("sound_one:Colored", r"There is no Colored in sound_one\. It has: Coloured, "),
        (":Coloured", "not of the form module:name"),
        ("unheard-of", r"There is no detector called 'unheard-of'\. Known: "),
    ],
)
def test_detectors_that_are_not_there(here, name, says):
    done = command(name)
    assert re.search(says, str(done.exception))
    assert done.exit_code == 1


def test_one_that_cannot_be_made_says_so_and_nothing_else(here):
    done = command("predictions-file", "--set", "path=absent.json")
    assert done.exit_code == 1
    assert "absent.json: cannot be read" in done.stdout
    assert done.stdout.splitlines()[-1] == (
        "1 checks passed, 1 failed, 0 had nothing to look at. The others need what failed last."
    )


def test_images_are_shown_and_looked_up_by_their_names(here):
    subject = predictions_file(here / "found")
    (here / "deep").mkdir()
    for name, pixels in subject.more.items():
        Image.fromarray(pixels).save(here / name)
    done = command(
        "predictions-file", "--set", "path=found", "--class", "person", "--class", "dog",
        "--image", "a.png", "--image", "deep/b.png",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "looks up maps, boxes and class vectors" in done.stdout
