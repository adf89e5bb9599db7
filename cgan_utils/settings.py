"""Networks of plain float32 from seeds of their own, whatever the user has set for his own work."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import keras


@contextmanager
def plain_keras() -> Iterator[None]:
    """Build what is built inside in float32 with channels last; the user's settings come back.

    Works as a decorator too. Keras's dtype policy, float type and image layout are global, and a
    layer takes them over when it is made.
    """
    settings = [
        (keras.config.set_dtype_policy, keras.config.dtype_policy(), "float32"),
        (keras.config.set_floatx, keras.config.floatx(), "float32"),
        (keras.config.set_image_data_format, keras.config.image_data_format(), "channels_last"),
    ]
    for change, _, plain in settings:
        change(plain)
    try:
        yield
    finally:
        for change, old, _ in settings:
            change(old)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Give the layers made inside first weights that depend on `seed` alone.

    They are those that come after keras.utils.set_random_seed(seed), which would leave Python's,
    NumPy's and TensorFlow's generators changed; layers take their seeds from Python's alone.
    """
    state = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(state)
