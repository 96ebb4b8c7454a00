"""The garbage collector, tuned: without this, its pauses are most of the slowest answers.

What was made at start-up lives as long as the process and is never looked at again; what a call
makes is freed by reference counts, so the youngest generation may grow before it is searched.
"""

import gc

_YOUNGEST = 10_000


def tune() -> None:
    """Set the collector for serving; call it once everything is loaded."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNGEST, 10, 10)
