"""An embedded street in two cities: stills to start from, dash-camera video to choose from.

Everything is drawn from a seed with numpy and OpenCV; no picture is stored. See
`docs/synthetic.md`.
"""

from labelnext.data.synthetic.frame import SyntheticFrame
from labelnext.data.synthetic.stills import stills
from labelnext.data.synthetic.video import LIGHTS, RATE, video
from labelnext.data.synthetic.write import Counts, Written, write

__all__ = ["LIGHTS", "RATE", "Counts", "SyntheticFrame", "Written", "stills", "video", "write"]
