import keras
import numpy as np
import pytest
import tensorflow as tf

import cgan_utils as cg

ROWS = cg.one_hot([6, 1], 10)
IMAGES = np.random.default_rng(0).random((2, 28, 28, 1)).astype("float32")


def planes(images, rows, striped=False):
    return cg.LabelPlanes(striped)(tf.constant(images), tf.constant(rows)).numpy()


def test_label_planes_are_constant_one_a_class():
    result = planes(IMAGES, ROWS)
    assert result.shape == (2, 28, 28, 11)
    np.testing.assert_array_equal(result[..., :1], IMAGES)
    np.testing.assert_array_equal(result[..., 1:], np.tile(ROWS[:, None, None, :], (1, 28, 28, 1)))


def test_label_planes_take_mixed_rows():
    mixed = np.full((1, 10), 0.1, "float32")
    np.testing.assert_array_equal(
        planes(IMAGES[:1], mixed)[..., 1:], np.full((1, 28, 28, 10), 0.1, "float32")
    )


def test_striped_planes_are_the_published_ones():
    result = planes(IMAGES, ROWS, striped=True)[0, ..., 1:]
    # As printed in the published tutorial: repeat without an axis, then reshape.
    published = np.repeat(ROWS[:, :, None, None], 28 * 28).reshape(-1, 28, 28, 10)[0]
    np.testing.assert_array_equal(result, published)
    # Label 6 is a band in rows 16 to 19 of all ten planes, and so not constant over any.
    assert sorted(set(np.argwhere(result)[:, 0])) == [16, 17, 18, 19]
    assert result.any(axis=(0, 1)).all() and not result.all(axis=(0, 1)).any()


@pytest.mark.parametrize(
    ("build", "parameters"),
    [(cg.build_discriminator, 129_761), (cg.build_published_discriminator, 80_385)],
)
def test_networks_score_pairs(build, parameters):
    network = build()
    assert network.count_params() == parameters
    assert network([IMAGES, ROWS]).shape == (2, 1)


@pytest.mark.parametrize("build", [cg.build_discriminator, cg.build_published_discriminator])
@pytest.mark.parametrize("shape", [(16, 16, 3), (8, 20, 1), (30, 30, 1)])
def test_networks_score_images_of_any_shape_with_rows_of_any_width(build, shape):
    network = build(3, shape)
    assert network([np.zeros((2, *shape), "float32"), cg.one_hot([0, 2], 3)]).shape == (2, 1)


def test_published_layers():
    convolutions = [
        layer
        for layer in cg.build_published_discriminator().layers
        if isinstance(layer, keras.layers.Conv2D)
    ]
    assert [(c.filters, c.kernel_size, c.strides, c.padding) for c in convolutions] == [
        (64, (3, 3), (2, 2), "same"),
        (128, (3, 3), (2, 2), "same"),
    ]


@pytest.mark.parametrize("build", [cg.build_discriminator, cg.build_published_discriminator])
def test_the_score_depends_on_the_label(build):
    keras.utils.set_random_seed(0)
    network = build()
    same = np.repeat(IMAGES[:1], 10, axis=0)
    assert len(np.unique(np.round(network([same, np.eye(10, dtype="float32")]), 6))) == 10


def test_projection_is_linear_in_the_label():
    keras.utils.set_random_seed(0)
    network = cg.build_discriminator()
    pure = np.asarray(network([np.repeat(IMAGES[:1], 2, axis=0), ROWS]))
    mixed = np.asarray(network([IMAGES[:1], ROWS.mean(axis=0, keepdims=True)]))
    assert mixed.item() == pytest.approx(pure.mean(), abs=1e-5)
