"""Imports TensorFlow with its native log cut off: it calls a missing GPU an error, and would fill notebooks' outputs.

What goes wrong in a program still raises an exception. TensorFlow 2.21 minds the setting only once
it is up, so its import runs with the standard error stream closed.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
_stderr = os.dup(2)
with open(os.devnull, "wb") as _nowhere:
    os.dup2(_nowhere.fileno(), 2)
try:
    import tensorflow  # noqa: F401
finally:
    os.dup2(_stderr, 2)
    os.close(_stderr)
