"""The pixels of a record, wherever they are: an image file, a URL, a frame of a video."""

from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

from labelnext.data import pixels, video
from labelnext.data.pool import remote
from labelnext.errors import DataError
from labelnext.types import Image, ImageRecord


def in_video(record: ImageRecord) -> bool:
    """Whether a record is a frame inside a video file, not an image of its own."""
    return video.is_video(record.path)


def read(record: ImageRecord) -> Image:
    """The pixels of an indexed image or frame, `uint8 [height, width, 3]`, RGB, upright.

    Raises:
        DataError: The file is absent, or not a usable image or video; the frame is damaged.
    """
    if in_video(record):
        try:
            return video.read_frame(_video(record), _frame(record), record.place)
        except OSError as error:
            raise _gone(record, error) from error
    if not remote.is_url(record.path):
        return pixels.read_image(Path(record.path))
    try:
        return pixels.decode(remote.read_bytes(record.path))
    except OSError as error:
        raise DataError(
            record.path,
            f"cannot be read: {error.strerror or error}.",
            remedy="Check that it is still there, and your access to it.",
        ) from error
    except pixels.UnusableImageError as error:
        raise DataError(
            record.path, f"is not a usable image: {error}.", remedy="Replace or remove the file."
        ) from error


def read_run(records: Sequence[ImageRecord]) -> Generator[Image | DataError, None, None]:
    """Frames of one video, in order, at full speed; or for each of them why there are no pixels.

    Args:
        records: Frames with the same `path`, best in the order of time.
    """
    done = 0
    try:
        wanted = [(_frame(record), record.place) for record in records]
        for found in video.read_frames(_video(records[0]), wanted):
            yield found
            done += 1
    except (DataError, OSError) as error:  # the video itself: all that are left of it
        lost = error if isinstance(error, DataError) else _gone(records[0], error)
        for _ in records[done:]:
            yield lost


def runs(records: Sequence[ImageRecord]) -> Iterator[Sequence[ImageRecord]]:
    """Records cut where the file changes, so that frames of one video stay together in order.

    Records that are no frames of a video come one by one.
    """
    begin = 0
    for i in range(1, len(records) + 1):
        here = i < len(records) and records[i].path == records[begin].path
        if not (here and in_video(records[begin])):
            yield records[begin:i]
            begin = i


def _video(record: ImageRecord) -> str:
    if remote.is_url(record.path):
        raise DataError(
            record.path,
            "is a video at a URL; videos are read from this machine only.",
            remedy="Copy it here, and take it into the project from there.",
        )
    return record.path


def _frame(record: ImageRecord) -> int:
    if record.frame is None:
        raise DataError(
            record.path,
            "is a video, and the record names no frame of it.",
            record=record.key,
            remedy="Use the reader video for videos without labels.",
        )
    return record.frame


def _gone(record: ImageRecord, error: OSError) -> DataError:
    return DataError(
        record.path, f"cannot be read: {error.strerror or error}.", remedy="Put the file back."
    )
