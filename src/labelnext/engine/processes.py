"""Several processes on this machine: each scores parts of its own, on a GPU of its own if any."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any

from labelnext.engine.scorer import Part, Scorer, parts_of
from labelnext.engine.workers import told, worker_pool
from labelnext.errors import LabelnextError
from labelnext.protocols import Progress, quiet
from labelnext.store.shards import ScoreShards
from labelnext.types import ImageRecord

Make = Callable[[], Scorer]
_POLL = 0.2  # seconds between two looks at how far the processes are
_TASKS = 4  # tasks a process: few enough that videos are read in long runs, enough to end together
_MOST = 16  # parts a task


def score_side_by_side(
    records: Sequence[ImageRecord],
    make: Make,
    shards: ScoreShards,
    *,
    workers: int,
    gpus: Sequence[str] = (),
    first: int = 0,
    task: str = "score",
    progress: Progress = quiet,
) -> int:
    """`local.score` in several processes, with the same rows.

    Whatever a process has finished is kept if another fails or all are stopped.

    Args:
        records: The images, in the order that defines the parts.
        make: Makes the scorer, once in each process, where it is sent: it must be picklable.
        shards: Where rows go.
        workers: Processes.
        gpus: What CUDA calls those to use: one for each process, in turn.
        first: The part that these images begin with.
        task: What `progress` is told.
        progress: Told several times a second.

    Returns:
        How many images were scored by this call.

    Raises:
        LabelnextError: As `local.score`; or a process was ended from outside.
    """
    parts = parts_of(records, shards.missing([record.key for record in records], first), first)
    left = sum(len(images) for _, images in parts)
    if not parts:
        return 0
    size = min(_MOST, max(1, len(parts) // (_TASKS * workers)))
    tasks = [parts[start : start + size] for start in range(0, len(parts), size)]
    context = get_context("spawn")
    counted, numbers = context.Value("q", 0), context.Value("q", 0)
    before = len(records) - left
    begin = (_begin, make, counted, numbers, gpus)
    with worker_pool(min(workers, len(tasks)), *begin) as pool:
        waiting = {pool.submit(told, _write, (own, shards)) for own in tasks}
        try:
            while waiting:
                finished, waiting = wait(waiting, timeout=_POLL, return_when=FIRST_COMPLETED)
                progress(task, before + counted.value, len(records))
                for future in finished:
                    _result(future)
        except BaseException:
            for future in waiting:
                future.cancel()
            raise
    return left


def _result(future: Future[None]) -> None:
    try:
        future.result()
    except BrokenProcessPool as error:
        raise LabelnextError(
            "A scoring process was ended from outside; most often the memory was full. What is "
            "scored is kept: give the command again, with fewer workers."
        ) from error


class _Worker:
    """What a worker process holds: how to make its scorer, the scorer, and the common counter."""

    make: Make
    counted: Any
    scorer: Scorer | None = None


def _begin(make: Make, counted: Any, numbers: Any, gpus: Sequence[str]) -> None:
    _Worker.make, _Worker.counted = make, counted
    with numbers.get_lock():
        number, numbers.value = numbers.value, numbers.value + 1
    if gpus:
        os.environ["CUDA_VISIBLE_DEVICES"] = gpus[number % len(gpus)]


def _write(job: tuple[Sequence[Part], ScoreShards]) -> None:
    parts, shards = job
    if _Worker.scorer is None:
        _Worker.scorer = _Worker.make()
        _Worker.scorer.check()
    _Worker.scorer.write(parts, shards, _count)


def _count() -> None:
    with _Worker.counted.get_lock():
        _Worker.counted.value += 1
