"""What a picture is to every camera and decoder: an array of numpy, whatever it came from."""

import numpy as np
from numpy.typing import NDArray

Frame = NDArray[np.uint8]
"""A grey picture: rows x columns of uint8, 0 is black."""
Scale = tuple[float, float]
"""How many times as wide, and as tall, as the frame a version of it is."""
Quad = NDArray[np.float32]
"""Four corners, x and y in pixels: top left, top right, bottom right, bottom left of the symbol, however it lies."""

SAME: Scale = (1, 1)
