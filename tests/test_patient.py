"""The discriminator that trains the generators we ship, in benchmarks/patient.py."""

import numpy as np
import tensorflow as tf

import cgan_utils as cg
from cgan_utils.recipes import untrained
from patient import PATIENT, ClassSpread, build_discriminator


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


def test_d_sees_that_one_picture_is_drawn_again_and_again(digits):
    sixes = digits.images[digits.labels == 6][:8]
    rows, network = cg.one_hot([6] * 8, 10), build_discriminator(8)
    varied, same = network([sixes, rows])[0], network([sixes[[0] * 8], rows])[0]
    assert abs(varied - same) > 1e-4  # the first picture is the same


def test_the_recipe_trains(few):
    """Its first step is one of those with a penalty."""
    gan = untrained(PATIENT, seed=0, steps=100)
    before = gan.discriminator.get_weights()
    gan.fit(few.batches(PATIENT.batch_size).take(1), verbose=0)
    after = gan.discriminator.get_weights()
    assert any(np.any(a != b) for a, b in zip(before, after, strict=True))
    assert all(np.isfinite(weights).all() for weights in after + gan.generator.get_weights())


def test_the_penalty_comes_at_every_sixteenth_step(few):
    gan = untrained(PATIENT, seed=0, steps=100)
    images, rows = next(iter(few.batches(PATIENT.batch_size)))
    penalties = []
    for step in range(17):
        gan.d_optimizer.iterations.assign(step)
        penalties.append(float(gan.lazy_penalty(images, images, rows)))
    assert [step for step, penalty in enumerate(penalties) if penalty > 0] == [0, 16]
