"""Which images and video frames to label next, and whether that beats random."""

__version__ = "0.1.0.dev0"
