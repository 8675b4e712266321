"""Picked frames of videos as image files, and the list of a round's picks.

Training reads its images in random order and people label files, so a frame that was picked is
exported from its video once. Every file appears whole or not at all, and one that is there is not
written again: after an interruption the same call goes on.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from labelnext.data import images
from labelnext.data.export import FORMATS, export_frames, file_name
from labelnext.data.pool import remote
from labelnext.errors import DataError
from labelnext.files import write_bytes, write_text
from labelnext.protocols import Progress, quiet
from labelnext.rounds.project import Project
from labelnext.types import ImageRecord

PICKS = "picks.csv"
FRAMES = "frames"
_COLUMNS = ("rank", "key", "video", "frame", "seconds", "score", "reason", "file")


def round_folder(project: Project, number: int) -> Path:
    """The folder of a round that is for people."""
    return project.folder / "rounds" / f"{number:04d}"


def picked(project: Project, number: int) -> list[ImageRecord]:
    """Records of a round's picks, by rank."""
    records = {record.key: record for record in project.index.records("pool")}
    return [records[pick.key] for pick in project.ledger.picks(number)]


def materialise(
    project: Project, records: Sequence[ImageRecord], progress: Progress = quiet
) -> dict[str, Path]:
    """Image files of those records that are frames inside videos, by key.

    Picked frames are in `rounds/NNNN/frames/` of their round, others (an initial set inside videos)
    in `.labelnext/frames/`. Those that are missing are exported, video after video.

    Raises:
        DataError: A frame cannot be read.
        ProjectError: The disk is full, or the folder cannot be written.
    """
    files = _places(project, records)
    missing = [(r, files[r.key]) for r in records if r.key in files and not files[r.key].exists()]
    for done, _ in enumerate(export_frames(missing), start=1):
        progress("export", done, len(missing))
    return files


def exported(project: Project, records: Sequence[ImageRecord]) -> dict[str, Path]:
    """Of the files that `materialise` gives, those that are there; nothing is written."""
    return {key: path for key, path in _places(project, records).items() if path.exists()}


def publish(project: Project, number: int, progress: Progress = quiet) -> None:
    """Write the frames that a round picked, and `picks.csv`; what is there stays.

    The columns are rank, key, video, frame, seconds, score, reason and file: a path relative to the
    list for an exported frame, else where the image is.
    """
    records = picked(project, number)
    files = materialise(project, records, progress)
    target = round_folder(project, number) / PICKS
    if target.exists():
        return
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(_COLUMNS)
    for record, pick in zip(records, project.ledger.picks(number), strict=True):
        file = files.get(record.key)
        rows.writerow([
            pick.rank, record.key, record.video, record.frame, record.seconds, pick.score,
            pick.reason, record.path if file is None else f"{FRAMES}/{file.name}",
        ])  # fmt: skip
    write_text(target, text.getvalue())


def for_people(
    project: Project, number: int, records: Sequence[ImageRecord], progress: Progress = quiet
) -> list[ImageRecord]:
    """Records of a round's images whose paths are files on this machine, to be copied from.

    Frames of videos are exported, and images at URLs fetched, into the round's folder.

    Raises:
        DataError: A frame or an image cannot be read.
    """
    files = materialise(project, records, progress)
    for record in records:
        if record.key not in files and remote.is_url(record.path):
            files[record.key] = _fetch(record, round_folder(project, number) / FRAMES)
    return with_files(records, files)


def with_files(records: Sequence[ImageRecord], files: Mapping[str, Path]) -> list[ImageRecord]:
    """The records, reading from the files where there are some."""
    return [
        replace(record, path=str(files[record.key]), place=None) if record.key in files else record
        for record in records
    ]


def _places(project: Project, records: Sequence[ImageRecord]) -> dict[str, Path]:
    """Where the file of each frame inside a video is, or will be."""
    inside = [record for record in records if images.in_video(record)]
    if not inside:
        return {}
    suffix = FORMATS[project.config.frame_format]
    rounds = {pick.key: pick.round for pick in project.ledger.picks()}
    others = [record.key for record in inside if record.key not in rounds]
    stamps = project.index.stamps(others)
    places = {}
    for record in inside:
        name = file_name(record, suffix)
        if record.key in rounds:
            places[record.key] = round_folder(project, rounds[record.key]) / FRAMES / name
        else:  # labels may come anew with another video: its frames are other files
            stamp = stamps.get(record.key)
            content = "" if stamp is None else f"{stamp.content[:16]}-"
            places[record.key] = project.path(FRAMES, content + name)
    return places


def _fetch(record: ImageRecord, folder: Path) -> Path:
    suffix = PurePosixPath(record.path.split("::")[0].split("?")[0]).suffix.lower()
    target = folder / file_name(replace(record, video=None), suffix)
    if not target.exists():
        try:
            data = remote.read_bytes(record.path)
        except OSError as error:
            raise DataError(
                record.path,
                f"cannot be read: {error.strerror or error}.",
                remedy="Check that it is still there, and give the same command again.",
            ) from error
        write_bytes(target, data)
    return target
