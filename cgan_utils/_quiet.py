"""Imports TensorFlow without its native log, which would fill the notebooks' outputs.

It calls a missing GPU an error, for one. What goes wrong in a program still raises an exception.
"""

import os

backend = os.environ.get("KERAS_BACKEND") or "tensorflow"
if backend != "tensorflow":
    raise ImportError(
        f"KERAS_BACKEND is {backend!r}, but cgan_utils trains with TensorFlow; start anew with "
        "KERAS_BACKEND=tensorflow, or without it."
    )
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

import keras  # noqa: E402  (after TensorFlow, whose log it would let through)

if keras.backend.backend() != "tensorflow":  # from ~/.keras/keras.json
    raise ImportError(
        f"Keras runs on {keras.backend.backend()!r}, but cgan_utils trains with TensorFlow; set "
        "KERAS_BACKEND=tensorflow and start anew."
    )

# This rewriting of graphs trips over the gradient of LeakyReLU (2.19 to 2.21) and says so on stderr
# at every new graph. A training step takes as long without it.
tf.config.optimizer.set_experimental_options({"remapping": False})
