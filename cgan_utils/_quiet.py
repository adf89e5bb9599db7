"""Imports TensorFlow without its native log, which would fill the notebooks' outputs.

It calls a missing GPU an error, for one. What goes wrong in a program still raises an exception.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# TensorFlow 2.21 minds that setting only once it is up, so its import runs with stderr closed.
_stderr = os.dup(2)
with open(os.devnull, "wb") as _nowhere:
    os.dup2(_nowhere.fileno(), 2)
try:
    import tensorflow as tf
finally:
    os.dup2(_stderr, 2)
    os.close(_stderr)

# This rewriting of graphs trips over the gradient of LeakyReLU (2.19 to 2.21) and says so on stderr at
# every new graph. A training step takes as long without it.
tf.config.optimizer.set_experimental_options({"remapping": False})
