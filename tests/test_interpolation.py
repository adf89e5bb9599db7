import numpy as np
import pytest

import cgan_utils as cg

sampler = cg.Sampler(cg.build_generator())
FACES = cg.Attributes(("glasses",), {"age": (20, 60)})


def test_the_published_walk():
    rows = cg.label_path(sampler.condition, [6, 1], 50)
    assert rows.shape == (50, 10)
    np.testing.assert_array_equal(rows[[0, -1]], cg.one_hot([6, 1], 10))
    np.testing.assert_allclose(rows[:, 1], np.linspace(0, 1, 50), atol=1e-6)
    np.testing.assert_allclose(rows.sum(axis=1), 1, atol=1e-6)


def test_a_tour_visits_every_class_in_order():
    rows = cg.label_path(sampler.condition, range(10), 91)
    np.testing.assert_allclose(rows[::10], np.eye(10), atol=1e-6)


def test_a_walk_through_attributes():
    rows = cg.label_path(FACES, [{"age": 20}, {"glasses": 1, "age": 60}], 5)
    np.testing.assert_allclose(rows[:, 0], [0, 0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(rows[:, 1], [20, 30, 40, 50, 60])


def test_straight_and_spherical_latents():
    a, b = sampler.draw_latents(2, seed=0)
    straight, round_ = (cg.latent_path([a, b], 21, spherical=s) for s in (False, True))
    for path in (straight, round_):
        np.testing.assert_allclose(path[[0, -1]], [a, b], atol=1e-5)
    np.testing.assert_allclose(straight[10], (a + b) / 2, atol=1e-5)
    norms = np.linalg.norm(round_, axis=1)
    assert norms.min() > 0.9 * min(norms[0], norms[-1])
    assert np.linalg.norm(straight[10]) < 0.85 * norms.min()
    # Equal steps turn by equal angles.
    units = round_ / norms[:, None]
    angles = np.arccos((units[1:] * units[:-1]).sum(axis=1))
    assert np.ptp(angles) < 0.15 * angles.mean()


def test_spherical_path_between_equal_or_zero_latents():
    a = sampler.draw_latents(1, seed=0)[0]
    np.testing.assert_allclose(cg.latent_path([a, a], 5), np.tile(a, (5, 1)), atol=1e-5)
    assert np.isfinite(cg.latent_path([a, 0 * a], 5)).all()


def test_interpolate_labels_keeps_the_noise():
    frames = cg.interpolate_labels(sampler, 6, 1, steps=50, seed=4)
    assert frames.shape == (50, 28, 28, 1)
    noise = sampler.draw_latents(1, seed=4)
    np.testing.assert_allclose(frames[[0, -1]], sampler.generate([6, 1], latents=noise), atol=1e-6)


@pytest.mark.parametrize("bad", [12, -1, 2.5, "six"])
def test_bad_classes_get_a_sentence(bad):
    with pytest.raises(ValueError, match=r"\.$"):
        cg.interpolate_labels(sampler, 6, bad)


@pytest.mark.parametrize("steps", [0, 1, -3, 2.5, True, "ten"])
def test_bad_steps_get_a_sentence(steps):
    with pytest.raises(ValueError, match="steps is"):
        cg.interpolate_labels(sampler, 6, 1, steps=steps)


@pytest.mark.parametrize("places", [[], [6], 6])
def test_an_empty_path_gets_a_sentence(places):
    with pytest.raises(ValueError, match=r"\.$"):
        cg.label_path(sampler.condition, places, 10)


@pytest.mark.parametrize(
    "latents", [np.zeros((0, 64)), np.zeros((1, 64)), np.zeros(64), np.full((2, 64), np.inf)]
)
def test_bad_latents_get_a_sentence(latents):
    with pytest.raises(ValueError, match=r"\.$"):
        cg.latent_path(latents, 10)
