"""Video files as frames: what is in them, one frame exactly, or many at full speed."""

from labelnext.data.video.frames import read_frame, read_frames
from labelnext.data.video.identity import check_frame
from labelnext.data.video.opening import SUFFIXES, is_video
from labelnext.data.video.scanning import scan
from labelnext.data.video.table import FrameTable

__all__ = [
    "SUFFIXES",
    "FrameTable",
    "check_frame",
    "is_video",
    "read_frame",
    "read_frames",
    "scan",
]
