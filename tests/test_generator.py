import keras
import numpy as np
import pytest

import cgan_utils as cg
from cgan_utils.generator import build_pretrained_generator


@pytest.fixture(scope="module")
def sampler():
    keras.utils.set_random_seed(0)
    return cg.Sampler(cg.build_generator())


@pytest.mark.parametrize(
    ("build", "latent_dim", "parameters"),
    [
        (cg.build_generator, 64, 369_729),
        (build_pretrained_generator, 64, 384_273),
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
