"""What is made here stays until the process ends: the garbage collector need not walk through it again and again."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def unwatched() -> Iterator[None]:
    """The collector waits meanwhile, and never looks at what there is afterwards."""
    watched = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if watched:
            gc.freeze()
            gc.enable()
