"""The networks and the recipe of the generators we ship."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

import cgan_utils as cg
from cgan_utils.patient import ClassSpread
from cgan_utils.settings import seeded

PATIENT = cg.RECIPES["patient"]


@pytest.fixture
def batch(few):
    """64 digits and their rows."""
    return next(iter(few.batches(PATIENT.batch_size)))


def weights_of(gan):
    return gan.discriminator.get_weights() + gan.generator.get_weights()


# ClassSpread


def test_the_plane_is_the_spread_within_the_class():
    rng = np.random.default_rng(0)
    maps = rng.normal(size=(5, 3, 2, 4)).astype(np.float32)
    labels = np.array([0, 1, 0, 1, 0])
    plane = ClassSpread(5)(maps, cg.one_hot(labels, 2)).numpy()
    np.testing.assert_array_equal(plane[..., :4], maps)
    for label in (0, 1):
        spread = maps[labels == label].std(axis=0, ddof=1).mean()
        np.testing.assert_allclose(plane[labels == label, ..., 4], spread, rtol=1e-5)


def test_groups_are_not_compared():
    maps = np.random.default_rng(1).normal(size=(8, 2, 2, 3)).astype(np.float32)
    rows = cg.one_hot([0, 0, 1, 1] * 2, 2)
    together = ClassSpread(4)(maps, rows)
    maps[4:] *= 10
    np.testing.assert_array_equal(ClassSpread(4)(maps, rows)[:4], together[:4])


def test_a_picture_alone_in_its_class_has_no_spread_and_a_finite_gradient():
    maps, rows = tf.ones((2, 2, 2, 3)), cg.one_hot([0, 1], 2)
    with tf.GradientTape() as tape:
        tape.watch(maps)
        plane = ClassSpread(2)(maps, rows)[..., 3]
    assert np.all(plane < 1e-3)
    assert np.isfinite(tape.gradient(plane, maps)).all()


@pytest.mark.parametrize("count", [1, 6, 9])
def test_images_that_fill_no_group_get_a_sentence(count):
    with pytest.raises(
        ValueError, match=f"there are {count} images, .* groups of 4; give a multiple of 4"
    ):
        ClassSpread(4)(np.zeros((count, 2, 2, 3)), np.zeros((count, 2)))


# The networks


def test_d_sees_that_one_picture_is_drawn_again_and_again(digits):
    sixes = digits.images[digits.labels == 6][:8]
    with seeded(0):
        rows, network = cg.one_hot([6] * 8, 10), cg.build_patient_discriminator(group=8)
    varied, same = network([sixes, rows])[0], network([sixes[[0] * 8], rows])[0]
    assert abs(varied - same) > 1e-4  # the first picture is the same


def test_d_comes_back_from_its_file(batch, tmp_path):
    network = cg.build_patient_discriminator(group=32)
    network.save(tmp_path / "d.keras")
    loaded = keras.models.load_model(tmp_path / "d.keras")
    assert loaded.get_layer("class_spread").group == 32
    np.testing.assert_array_equal(loaded(list(batch)), network(list(batch)))


def test_g_draws_images_for_each_row():
    network = cg.build_patient_generator(width=3, image_shape=(16, 20, 3))
    images = network([np.zeros((2, 64)), cg.one_hot([0, 2], 3)]).numpy()
    assert images.shape == (2, 16, 20, 3) and images.min() >= 0 and images.max() <= 1


# The recipe


def test_the_recipe_trains(few):
    """Its first step is one of those with a penalty."""
    gan = PATIENT.build(few, steps=100)
    before = weights_of(gan)
    gan.fit(few.batches(PATIENT.batch_size).take(1), verbose=0)
    after = weights_of(gan)
    assert any(np.any(a != b) for a, b in zip(before, after, strict=True))
    assert all(np.isfinite(weights).all() for weights in after)


def test_a_saved_run_goes_on_as_if_it_had_never_stopped(few, tmp_path):
    batches = few.batches(PATIENT.batch_size, first_epoch=1)
    whole = cg.train(PATIENT, few, epochs=2)
    gan = PATIENT.build(few, steps=2)
    gan.fit(few.batches(PATIENT.batch_size), verbose=0)
    gan.save(tmp_path / "gan.keras")
    resumed = cg.ConditionalGAN.load(tmp_path / "gan.keras")
    assert (resumed.penalty, resumed.penalty_weight, resumed.penalty_every) == ("r1", 0.1, 16)
    resumed.fit(batches, verbose=0)
    for a, b in zip(weights_of(whole), weights_of(resumed), strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_penalty_comes_at_every_sixteenth_step(few, batch):
    gan = PATIENT.build(few, steps=100)
    pairs, penalties = gan.pairs(*batch, gan.draw_fakes(batch[1])[0]), []
    for step in range(33):
        gan.d_optimizer.iterations.assign(step)
        penalties.append(float(gan.lazy_penalty(pairs)))
    assert [step for step, penalty in enumerate(penalties) if penalty > 0] == [0, 16, 32]
    # Each weighs as much as the sixteen that it stands for
    every = replace(PATIENT, penalty=cg.Penalty("r1", 0.1)).build(few, steps=100)
    assert penalties[0] == pytest.approx(16 * float(every.lazy_penalty(pairs)), rel=1e-5)


def test_another_batch_size_than_the_group_gets_a_sentence(few):
    gan = PATIENT.build(few)
    with pytest.raises(ValueError, match="compares them in groups of 64; give a multiple of 64"):
        gan.fit(few.batches(48), verbose=0)
