"""The methods that there are, and that they take what labelnext gives them."""

import inspect
from collections.abc import Callable

from labelnext.detectors.contract.fault import FaultError, require
from labelnext.detectors.contract.subject import Subject
from labelnext.errors import LabelnextError

_PARTS = {"fit": "Trainable", "save": "Trainable", "sample": "Stochastic", "lookup": "Precomputed"}


def factory(subject: Subject) -> None:
    """The factory has `create(classes, *, seed, …)` and `load(path, …)`."""
    for name, takes in (("create", "classes, *, seed"), ("load", "path")):
        method = getattr(subject.factory, name, None)
        require(
            callable(method), f"a factory with a method {name}({takes}, **arguments)",
            f"{subject.factory!r}, which has none",
            f"Add a classmethod `{name}` to the class, and name the class as the factory.",
        )  # fmt: skip
    _takes("create", subject.factory.create, 1, ("seed",))
    _takes("load", subject.factory.load, 1, ())


def detector(subject: Subject) -> None:
    """`create` makes something with `classes`, `predict` and `fingerprint`."""
    made = subject.detector
    require(made is not None, "a detector from `create`", "None", "Return the detector.")
    for name in ("predict", "fingerprint"):
        require(
            callable(getattr(made, name, None)), f"a detector with a method `{name}`",
            f"{type(made).__name__}, which has none", "See docs/detectors/bring-your-own.md.",
        )  # fmt: skip
    require(
        hasattr(made, "classes"), "a detector with an attribute `classes`",
        f"{type(made).__name__}, which has none", "Keep the names that `create` was given.",
    )  # fmt: skip


def classes(subject: Subject) -> None:
    """`classes` are the names asked for, in their order, as a tuple."""
    found = subject.detector.classes
    require(
        isinstance(found, tuple) and found == subject.classes, f"classes {subject.classes!r}",
        f"{found!r}", "Keep `tuple(classes)`; class k of maps and boxes is the k-th of them.",
    )  # fmt: skip


def signatures(subject: Subject) -> None:
    """Methods take what labelnext calls them with; of an optional protocol all or none are there.

    `fit` and `save` make a detector trainable, `sample` gives random passes.
    """
    made = subject.detector
    there = {name for name in _PARTS if callable(getattr(made, name, None))}
    for one, other in (("fit", "save"), ("save", "fit")):
        require(
            one not in there or other in there, "`fit` and `save`, or neither of them",
            f"`{one}` alone", f"Add `{other}`: a round trains and then keeps the weights.",
        )  # fmt: skip
    wanted = {
        "predict": (1, ()), "fingerprint": (0, ()), "save": (1, ()), "lookup": (1, ()),
        "fit": (1, ("seed", "workdir", "progress")), "sample": (1, ("samples", "rng")),
    }  # fmt: skip
    for name, (positional, keywords) in wanted.items():
        if name in there or name in ("predict", "fingerprint"):
            _takes(name, getattr(made, name), positional, keywords)


def unknown_arguments(subject: Subject) -> None:
    """`create` refuses an argument that it does not know: a slip in labelnext.toml."""
    try:
        subject.factory.create(
            subject.classes, seed=0, **{**subject.arguments, "no_such_argument": 1}
        )
    except (TypeError, LabelnextError):
        return
    raise FaultError(
        "an error for the unknown argument no_such_argument", "a detector",
        "Name the arguments of `create` one by one, instead of taking any.",
    )  # fmt: skip


def _takes(name: str, method: Callable[..., object], count: int, keywords: tuple[str, ...]) -> None:
    """Refuse a method that cannot be called with so many arguments and these keywords."""
    given = dict.fromkeys(keywords)
    try:
        inspect.signature(method).bind(*[None] * count, **given)
    except TypeError as error:
        shown = ", ".join([*["…"] * count, *(f"{keyword}=…" for keyword in keywords)])
        raise FaultError(
            f"a method that can be called as {name}({shown})",
            f"{name}{inspect.signature(method)} ({error})",
            "Take these, and give further parameters a default.",
        ) from None
    except ValueError:
        return  # without a signature that can be read
