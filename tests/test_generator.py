import keras
import numpy as np
import pytest

import cgan_utils as cg
from cgan_utils.generator import DepthToSpace, FusedBatchNormalization

GENERATORS = [cg.build_generator, cg.build_patient_generator, cg.build_published_generator]
DISCRIMINATORS = [
    cg.build_discriminator,
    cg.build_patient_discriminator,
    cg.build_published_discriminator,
]


@pytest.fixture(scope="module")
def sampler():
    keras.utils.set_random_seed(0)
    return cg.Sampler(cg.build_generator())


@pytest.mark.parametrize(
    ("build", "latent_dim", "parameters"),
    [
        (cg.build_generator, 64, 369_732),
        (cg.build_patient_generator, 64, 384_273),
        (cg.build_published_generator, 128, 1_491_215),
    ],
)
def test_networks_draw_images(build, latent_dim, parameters):
    network = build()
    assert network.count_params() == parameters
    rows = np.array([[0.5, 0.5] + 8 * [0.0]], "float32")  # half a 0, half a 1
    image = np.asarray(network([np.zeros((1, latent_dim), "float32"), rows]))
    assert image.shape == (1, 28, 28, 1)
    assert 0 <= image.min() <= image.max() <= 1


@pytest.mark.parametrize("build", GENERATORS)
@pytest.mark.parametrize("shape", [(16, 16, 3), (8, 20, 1)])
def test_networks_draw_images_of_any_shape_for_rows_of_any_width(build, shape):
    sampler = cg.Sampler(build(3, shape, latent_dim=5))
    assert (sampler.condition.width, sampler.image_shape, sampler.latent_dim) == (3, shape, 5)
    images = sampler.generate([0, 2])
    assert images.shape == (2, *shape)
    assert 0 <= images.min() <= images.max() <= 1


@pytest.mark.parametrize("build", GENERATORS)
@pytest.mark.parametrize("shape", [(30, 30, 1), (28, 30, 1), (30, 28, 1)])
def test_a_size_that_no_doubling_leads_to_gets_a_sentence(build, shape):
    with pytest.raises(ValueError, match=rf"^images are {shape[0]}×{shape[1]}; .* of 4\.$"):
        build(10, shape)


@pytest.mark.parametrize("build", GENERATORS + DISCRIMINATORS)
@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("dtype_policy", "mixed_float16"),
        ("floatx", "float16"),
        ("image_data_format", "channels_first"),
    ],
)
def test_networks_are_the_same_whatever_the_user_has_set(build, setting, value):
    def tensors(network):
        outputs = [layer.output for layer in network.layers]
        return [(tuple(x.shape), x.dtype) for x in [*outputs, *network.weights]]

    plain = tensors(build(3, (16, 16, 3)))
    assert {dtype for _, dtype in plain} == {"float32"}
    read, change = getattr(keras.config, setting), getattr(keras.config, f"set_{setting}")
    before = read()
    try:
        change(value)
        chosen = read()
        assert tensors(build(3, (16, 16, 3))) == plain
        assert read() == chosen != before
    finally:
        change(before)


def test_four_maps_become_one_of_twice_the_size():
    maps = np.arange(8, dtype="float32").reshape(1, 1, 2, 4)
    np.testing.assert_array_equal(DepthToSpace()(maps)[0, :, :, 0], [[0, 1, 4, 5], [2, 3, 6, 7]])


def test_the_fused_normalization_is_that_of_keras():
    x = np.random.default_rng(0).normal(3, 2, (4, 5, 5, 2)).astype("float32")
    plain, fused = keras.layers.BatchNormalization(), FusedBatchNormalization()
    for _ in range(2):
        np.testing.assert_allclose(fused(x, training=True), plain(x, training=True), 1e-4)
    np.testing.assert_allclose(fused.moving_mean, plain.moving_mean, 1e-4)
    # The kernel divides by n - 1, Keras by n
    sampled = 0.99**2 + (np.asarray(plain.moving_variance) - 0.99**2) * 100 / 99
    np.testing.assert_allclose(fused.moving_variance, sampled, 1e-4)


def test_multiply_adds():
    """Counted by hand: kernel size × positions."""
    assert cg.multiply_adds(cg.build_published_generator()) == {
        "dense": 138 * 7 * 7 * 138,
        "to_14x14": 4 * 4 * 138 * 128 * 7 * 7,
        "to_28x28": 4 * 4 * 128 * 128 * 14 * 14,
        "image": 7 * 7 * 128 * 28 * 28,
    }
    assert cg.multiply_adds(cg.build_published_discriminator()) == {
        "conv_1": 3 * 3 * 11 * 64 * 14 * 14,
        "conv_2": 3 * 3 * 64 * 128 * 7 * 7,
        "logit": 128,
    }


def test_generate_is_reproducible_and_obeys_its_seed(sampler):
    images = sampler.generate([6, 1], seed=0)
    assert images.shape == (2, 28, 28, 1) and images.dtype == np.float32
    np.testing.assert_array_equal(images, sampler.generate([6, 1], seed=0))
    assert not np.array_equal(images, sampler.generate([6, 1], seed=1))


def test_generate_takes_what_a_caller_would_try(sampler):
    latents = sampler.draw_latents(1, seed=0)
    six = sampler.generate(6, latents=latents)
    for label in ([6], np.array([6]), cg.one_hot([6], 10), range(6, 7)):
        np.testing.assert_array_equal(sampler.generate(label, latents=latents), six)


def test_one_latent_serves_all_labels(sampler):
    latents = sampler.draw_latents(1, seed=3)
    together = sampler.generate(range(10), latents=latents)
    np.testing.assert_allclose(together[4:5], sampler.generate(4, latents=latents), atol=1e-6)


def test_big_requests_are_whole(sampler):
    labels = np.arange(2_001) % 10
    images = sampler.generate(labels, seed=0)
    assert images.shape == (2_001, 28, 28, 1)
    latents = sampler.draw_latents(2_001, seed=0)
    np.testing.assert_allclose(
        images[-1:], sampler.generate(labels[-1:], latents=latents[-1:]), atol=1e-6
    )


@pytest.mark.parametrize(
    "labels", [12, -1, 2.5, "six", [3, 10], [], np.full((1, 10), 0.3), [[np.nan] * 10]]
)
def test_bad_labels_get_a_sentence(sampler, labels):
    with pytest.raises(ValueError, match=r"\.$"):
        sampler.generate(labels)


@pytest.mark.parametrize(
    "latents", [np.zeros((3, 64)), np.zeros((2, 63)), np.zeros(64), np.full((2, 64), np.nan)]
)
def test_bad_latents_get_a_sentence(sampler, latents):
    with pytest.raises(ValueError, match="latents"):
        sampler.generate([6, 1], latents=latents)
