"""What this machine and this installation offer, and what a project can expect of them."""

import shlex
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labelnext import machine, plugins
from labelnext.data.pool.remote import is_url
from labelnext.errors import LabelnextError, MissingExtraError
from labelnext.rounds.loop import where
from labelnext.rounds.outlook.rates import Rates
from labelnext.rounds.project import Project
from labelnext.wording import duration, listing, plural

_PACKAGES = (
    "labelnext", "numpy", "scipy", "opencv-python-headless", "av", "pyarrow", "torch",
    "torchvision", "onnxruntime", "transformers",
)  # fmt: skip
_LITTLE_MEMORY, _LITTLE_DISK = 3 * 2**30, 2 * 2**30  # a training may well take as much
_MISSING_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what it is about, what was found, and whether something should be done."""

    topic: str
    words: str
    problem: bool = False


def machine_findings(folder: Path) -> list[Finding]:
    """Processor, memory, GPUs, and room on the disk that a folder is on."""
    cores = plural(machine.available_cpus(), "core")
    total, free = machine.memory()
    found = [Finding("processor", f"{machine.processor()}, {cores}")]
    if total is not None and free is not None:
        few = free < _LITTLE_MEMORY
        advice = "; a training may well take 3 GiB. Close something." if few else ""
        found.append(Finding("memory", f"{_size(free)} of {_size(total)} free{advice}", few))
    cards = machine.gpus()
    several = f"; `--workers {len(cards)}` scores on all of them" if len(cards) > 1 else ""
    shown = listing(cards) + several if cards else "none that a driver shows"
    found.append(Finding("GPU", shown))
    room = machine.free_disk(folder)
    few = room < _LITTLE_DISK
    advice = ". Scores, frames and weights go there: make room." if few else ""
    found.append(Finding("disk", f"{_size(room)} free{advice}", few))
    return found


def install_findings(detector: str = "fire-fpn", **arguments: Any) -> list[Finding]:
    """Versions, what the detector computes on, and plug-ins that do not load."""
    found = [Finding("software", ", ".join(machine.software(_PACKAGES)))]
    try:
        runtime = getattr(plugins.load("detectors", detector), "runtime", None)
        on = runtime(**arguments) if runtime else "says nothing of what it computes on"
        unused = machine.gpus() and runtime and "processor" in on and not arguments.get("device")
        advice = ", though there is a GPU: install a torch that is built for it" if unused else ""
        found.append(Finding(detector, on + advice, bool(unused)))
    except LabelnextError as error:
        found.append(Finding(detector, str(error), problem=True))
    for group, kind in plugins.GROUPS.items():
        names = plugins.names(group)
        broken = {n: why for n in names if (why := _broken(group, n))}
        works = [name for name in names if name not in broken]
        without = {n: e for n, e in broken.items() if isinstance(e, MissingExtraError)}
        found.append(Finding(group, ", ".join(works) + _uninstalled(without)))
        found += [
            Finding(f"{kind} {name}", f"does not load: {why}", True)
            for name, why in broken.items()
            if name not in without and name != detector
        ]
    return found


def project_findings(project: Project) -> list[Finding]:
    """Where a project stands, and files of it that are gone."""
    counts = {role: of.images for role, of in project.index.counts().items()}
    stand = where(project)
    words = ", ".join(f"{counts.get(role, 0):,} {role}" for role in ("initial", "pool", "test"))
    found = [Finding("project", f"{words} images; next: {stand.next_step} of round {stand.number}")]
    paths = {r.path for role in counts for r in project.index.records(role) if not is_url(r.path)}  # type: ignore[arg-type]
    if project.config.detector.train is not None:
        found.append(_command(project.config.detector.train))
    gone = sorted(path for path in paths if not Path(path).exists())
    if gone:
        names = ", ".join(gone[:_MISSING_SHOWN]) + (" …" if len(gone) > _MISSING_SHOWN else "")
        found.append(
            Finding(
                "files",
                f"{len(gone):,} of {len(paths):,} are gone: {names}. Put them back, or give the "
                "source from where they are now to `labelnext add`.",
                problem=True,
            )
        )
    else:
        found.append(Finding("files", f"all {len(paths):,} are there"))
    return found


def rate_findings(project: Project, rates: Rates) -> list[Finding]:
    """Measured stages, and what scoring the pool and training on a batch will take."""
    stages = {
        "decode": rates.decode, "predict": rates.predict, "score": rates.score,
        "labelnext score": rates.whole, "train": rates.train,
    }  # fmt: skip
    found = [Finding(name, _rate(value)) for name, value in stages.items() if value is not None]
    if project.config.detector.train is not None and rates.train is None:
        found.append(Finding("train", "by a command, which is not run to be timed"))
    left = project.pool_size() - len(project.ledger.blocked())
    if rates.whole is not None:
        found.append(
            Finding("scoring", f"{duration(left * rates.whole)} for {plural(left, 'image')} left")
        )
    if rates.train is not None and isinstance(project.config.budget, int):
        images = len(project.ledger.labels()) + project.config.budget
        seconds = images * rates.train * rates.epochs
        found.append(
            Finding(
                "training",
                f"{duration(seconds)} for {plural(images, 'image')}, {rates.epochs} epochs",
            )
        )
    return found


def _broken(group: str, name: str) -> LabelnextError | None:
    """Why a plug-in does not load; None if it does."""
    try:
        plugins.load(group, name)
    except LabelnextError as error:
        return error
    return None


def _uninstalled(without: Mapping[str, MissingExtraError]) -> str:
    """Which plug-ins would work with an extra that is not there, and how to get it."""
    if not without:
        return ""
    return "; not installed: " + ", ".join(f"{n} ({e.remedy})" for n, e in without.items())


def _command(text: str) -> Finding:
    """The command that trains, and whether there is such a program."""
    program = shlex.split(text)[0].replace("{python}", sys.executable)
    if "{" in program or shutil.which(program) is not None:
        return Finding("training", f"by `{text}`, run in {Path.cwd()}")
    return Finding(
        "training",
        f"by `{text}`, and there is no program {program}. Give its path, or install it.",
        problem=True,
    )


def _rate(seconds: float) -> str:
    each = f"{1e3 * seconds:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"
    return f"{each} an image, {1 / seconds:.3g}/s" if seconds else "nothing"


def _size(size: int) -> str:
    return f"{size / 2**30:,.1f} GiB"
