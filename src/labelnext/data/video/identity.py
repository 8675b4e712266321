"""A frame of a video as an index sees it: a hash of its contents, and its size."""

from hashlib import sha256
from pathlib import Path

from labelnext.data.pixels import UnusableImageError
from labelnext.data.video import seq
from labelnext.data.video.kept import file_hash
from labelnext.data.video.scanning import last_scan
from labelnext.errors import DataError
from labelnext.types import ImageRecord


def check_frame(record: ImageRecord) -> tuple[str, int, int]:
    """What identifies a frame, and the width and height of its upright picture.

    The identity is SHA-256 of the file's SHA-256 and the frame's number; for a .seq, SHA-256 of the
    frame's own bytes, which are decoded to be sure. Other videos are not decoded again: what their
    scan found counts.

    Raises:
        FileNotFoundError: There is no such file.
        UnusableImageError: The file is no usable video, has no such frame, or it is damaged.
    """
    if record.frame is None or record.frame < 0:
        raise UnusableImageError("a video, and no number of a frame is given")
    path = Path(record.path)
    try:
        table = last_scan(path)
    except DataError as error:
        raise UnusableImageError(error.problem.rstrip(".")) from None
    if record.frame >= len(table):
        raise UnusableImageError(
            f"the video has {len(table):,} frames, none numbered {record.frame}"
        )
    if not table.known(record.frame, record.place):
        raise UnusableImageError(f"frame {record.frame} is damaged, or not where it was any more")
    if seq.is_seq(path):
        return _check_seq(path, record, table.place(record.frame) or 0)
    width, height = table.sizes[record.frame].tolist()
    content = sha256(f"{file_hash(path)} {record.frame}".encode()).hexdigest()
    return content, width, height


def _check_seq(path: Path, record: ImageRecord, place: int) -> tuple[str, int, int]:
    try:
        data = seq.read_bytes(path, place)
        pixels = seq.decode_frame(seq.read_header(path), data)
    except DataError as error:
        raise UnusableImageError(error.problem.rstrip(".")) from None
    height, width = pixels.shape[:2]
    return sha256(data).hexdigest(), width, height
