"""Limits of the dispatcher as a whole."""

NORMAL, SLOW = 400, 64  # requests at once, in each lane
