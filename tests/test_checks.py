"""The checks of inputs, and the settings that stay the user's own."""

import copy
import os
import pickle
import random
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

import cgan_utils as cg
from cgan_utils.checks import check_images, check_number, check_seed, check_whole


@pytest.mark.parametrize("value", [3, np.int64(3), np.uint8(3), tf.constant(3)])
def test_any_type_of_integer_is_a_whole_number(value):
    whole = check_whole("steps", value, 1)
    assert whole == 3 and type(whole) is int


@pytest.mark.parametrize("value", [True, np.True_, 3.0, "3", None, 0, 11, np.nan, [3]])
def test_what_is_no_whole_number_in_range_gets_a_sentence(value):
    with pytest.raises(ValueError, match=r"^steps is .*; give a whole number from 1 to 10\.$"):
        check_whole("steps", value, 1, 10)


def test_a_seed_goes_from_0_to_the_limit_of_numpys():
    assert check_seed(2**32 - 1) == 2**32 - 1
    for value in (-1, 2**32):
        with pytest.raises(ValueError, match="seed is .* from 0 to 4,294,967,295"):
            check_seed(value)


@pytest.mark.parametrize("value", [np.nan, np.inf, 0, 1, True, "0.5", None, 0.5j])
def test_what_is_no_number_in_range_gets_a_sentence(value):
    with pytest.raises(ValueError, match="rate is .*; give a number above 0 and below 1"):
        check_number("rate", value, 0, 1, ends="()")


IMAGES = np.random.default_rng(0).random((2, 28, 28, 1), np.float32)
WRONG_IMAGES = {
    "a rank too few": (IMAGES[0], r"shape \(28, 28, 1\); give an array \(N, height, width, 1 or"),
    "no channel": (IMAGES[..., 0], r"shape \(2, 28, 28\)"),
    "two channels": (np.repeat(IMAGES, 2, -1), r"shape \(2, 28, 28, 2\)"),
    "none": (IMAGES[:0], "there are 0 images; give at least 1"),
    "bytes": (np.uint8(255 * IMAGES), "are uint8; give floats"),
    "a tanh's": (2 * IMAGES - 1, r"range from -0.99\d* to 0.99\d*; give pixels in \[0, 1\]"),
    "NaN": (np.where(IMAGES > 0.5, np.nan, IMAGES), "contain NaN or infinity"),
    "nothing": (None, r"shape \(\)"),
}


@pytest.mark.parametrize("case", WRONG_IMAGES)
def test_what_is_no_images_gets_a_sentence(case):
    images, message = WRONG_IMAGES[case]
    with pytest.raises(ValueError, match=message):
        check_images(images)


def test_images_of_another_size_or_number_are_refused():
    assert check_images(np.float64(IMAGES)).dtype == np.float32
    with pytest.raises(ValueError, match=r"give an array \(N, 16, 16, 3\)"):
        check_images(IMAGES, shape=(16, 16, 3))
    with pytest.raises(ValueError, match=r"digits have shape .*; give an array \(3, "):
        check_images(IMAGES, "digits", count=3)


# The user's own state


def state_of_generators():
    numpy = np.random.get_state()[1].tolist()  # noqa: NPY002 (the global one is what this is about)
    return random.getstate(), numpy, tf.random.get_global_generator()


def test_global_random_generators_stay_as_they_were(few, tmp_path):
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002
    tf.random.set_seed(1)
    first = tf.random.uniform(()).numpy()
    before = state_of_generators()
    gan = cg.train("quick", few, epochs=1)
    cg.conditional_accuracy(gan, per_class=2)
    gan.save(tmp_path / "gan.keras")
    cg.ConditionalGAN.load(tmp_path / "gan.keras")
    cg.classification_accuracy_score(gan, few, few, steps=2)
    assert state_of_generators() == before
    second = tf.random.uniform(()).numpy()
    tf.random.set_seed(1)
    assert [tf.random.uniform(()).numpy() for _ in range(2)] == [first, second]


@pytest.fixture
def odd_keras():
    """A user who works in half precision, with channels first."""
    keras.config.set_floatx("float16")
    keras.config.set_dtype_policy("mixed_float16")
    keras.config.set_image_data_format("channels_first")
    yield
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")
    keras.config.set_image_data_format("channels_last")


def test_keras_settings_neither_leak_in_nor_change(few, digits, odd_keras, tmp_path):
    gan = cg.train("quick", few, epochs=1)
    images = gan.generate(range(10))
    assert images.dtype == np.float32 and images.shape == (10, 28, 28, 1)
    gan.save(tmp_path / "gan.keras")
    np.testing.assert_array_equal(
        cg.ConditionalGAN.load(tmp_path / "gan.keras").generate(range(10)), images
    )
    assert (cg.Judge().recognize(digits.images[:50]) == digits.labels[:50]).mean() > 0.9
    cg.load_pretrained("mnist").generate(3)
    assert keras.config.floatx() == "float16"
    assert keras.config.dtype_policy().name == "mixed_float16"
    assert keras.config.image_data_format() == "channels_first"
    with pytest.raises(ValueError, match="the generator gives float16; build it in float32"):
        latent, label = keras.Input((8,)), keras.Input((10,))
        x = keras.layers.Concatenate()([latent, label])
        x = keras.layers.Reshape((28, 28, 1))(keras.layers.Dense(784)(x))
        cg.Sampler(keras.Model([latent, label], x))


def test_another_backend_of_keras_gets_a_sentence():
    run = subprocess.run(
        [sys.executable, "-c", "import cgan_utils"],
        env=os.environ | {"KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 1
    assert run.stderr.splitlines()[-1] == (
        "ImportError: KERAS_BACKEND is 'jax', but cgan_utils trains with TensorFlow; start anew "
        "with KERAS_BACKEND=tensorflow, or without it."
    )


@pytest.mark.parametrize("make", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_sampler_can_be_copied(make):
    sampler = cg.load_pretrained("mnist")
    other = make(sampler)
    assert other is not sampler and other.condition == sampler.condition
    np.testing.assert_array_equal(other.generate([6, 1], seed=2), sampler.generate([6, 1], seed=2))
