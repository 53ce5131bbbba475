"""`python leash.py PROGRAM ARGS...`: becomes the program, which the kernel ends if its parent dies (Linux)."""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1

if __name__ == "__main__":
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    os.execv(sys.argv[1], sys.argv[1:])  # noqa: S606  # the launcher names the program; a shell would only be in the way
