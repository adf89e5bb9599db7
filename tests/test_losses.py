"""Every closed form of the game, against numbers that do not come from the code under test."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import cgan_utils as cg

rng = np.random.default_rng(0)
REAL, FAKE, WRONG = (tf.constant(rng.normal(size=(64, 1)), tf.float32) for _ in range(3))


def d(logits):
    return 1 / (1 + np.exp(-np.asarray(logits, np.float64)))


def test_value_is_the_formula():
    expected = np.log(d(REAL)).mean() + np.log(1 - d(FAKE)).mean()
    assert float(cg.value(REAL, FAKE)) == pytest.approx(expected, rel=1e-5)


def test_guessing_is_worth_minus_log_4():
    zeros = tf.zeros((8, 1))
    assert float(cg.value(zeros, zeros)) == pytest.approx(-np.log(4), rel=1e-6)
    assert float(cg.real_loss(zeros)) == pytest.approx(np.log(2), rel=1e-6)


def test_without_mismatched_pairs_the_loss_is_minus_the_value():
    loss = cg.discriminator_loss(cg.real_loss(REAL), cg.fake_loss(FAKE))
    assert float(loss) == pytest.approx(-float(cg.value(REAL, FAKE)), rel=1e-6)


def test_mismatched_pairs_share_the_weight_of_fakes():
    parts = cg.real_loss(REAL), cg.fake_loss(FAKE), cg.fake_loss(WRONG)
    loss = cg.discriminator_loss(*parts, mismatched_weight=0.25)
    real, fake, wrong = map(float, parts)
    assert float(loss) == pytest.approx(real + 0.75 * fake + 0.25 * wrong, rel=1e-6)


def test_binary_cross_entropy_is_the_same_number_whichever_side_is_called_1():
    bce = keras.losses.BinaryCrossentropy(from_logits=True)
    ones, zeros = tf.ones_like(REAL), tf.zeros_like(REAL)
    ours = float(cg.real_loss(REAL) + cg.fake_loss(FAKE))
    assert float(bce(ones, REAL) + bce(zeros, FAKE)) == pytest.approx(ours, rel=1e-5)
    # The published code calls fakes 1: its logit is ours with the sign turned.
    assert float(bce(zeros, -REAL) + bce(ones, -FAKE)) == pytest.approx(ours, rel=1e-5)


def test_generator_losses_are_their_formulas():
    assert float(cg.saturating_loss(FAKE)) == pytest.approx(np.log(1 - d(FAKE)).mean(), rel=1e-4)
    assert float(cg.non_saturating_loss(FAKE)) == pytest.approx(-np.log(d(FAKE)).mean(), rel=1e-5)


@pytest.mark.parametrize(
    ("loss", "slope"),
    [(cg.saturating_loss, lambda p: -p), (cg.non_saturating_loss, lambda p: p - 1)],
)
def test_gradients_by_the_logit(loss, slope):
    """d/dl log(1 - σ(l)) = -σ(l) dies where D is sure of a fake; -log σ(l) keeps σ(l) - 1."""
    logits = tf.linspace(-12.0, 12.0, 25)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        total = loss(logits) * 25
    np.testing.assert_allclose(tape.gradient(total, logits), slope(d(logits)), atol=1e-5)


def test_extreme_logits_stay_finite():
    sure = tf.constant([[200.0], [-200.0]])
    losses = (cg.real_loss, cg.fake_loss, cg.saturating_loss, cg.non_saturating_loss)
    assert np.isfinite([float(loss(sure)) for loss in losses]).all()


def test_optimal_discriminator_of_two_gaussians():
    """D* = p/(p+q): at its logit log p/q, V is highest, 2·JS - log 4 (Goodfellow et al. 2014)."""
    x = np.linspace(-12, 14, 20_001)
    step = x[1] - x[0]
    p, q = (np.exp(-((x - m) ** 2) / 2) / np.sqrt(2 * np.pi) for m in (0.0, 2.0))
    js = 0.5 * (p * np.log(2 * p / (p + q)) + q * np.log(2 * q / (p + q))).sum() * step
    real = np.random.default_rng(1).normal(0, 1, 400_000)
    fake = np.random.default_rng(2).normal(2, 1, 400_000)

    def v(slope, shift):  # log p/q = 2 - 2x for these two
        return float(
            cg.value(
                tf.constant(shift - slope * real, tf.float32),
                tf.constant(shift - slope * fake, tf.float32),
            )
        )

    assert v(2, 2) == pytest.approx(2 * js - np.log(4), abs=5e-3)
    assert v(2, 2) > max(v(1.8, 2), v(2.2, 2), v(2, 1.8), v(2, 2.2))


def test_mismatched_pairs_keep_the_label_in_the_best_answer():
    """With G perfect (q = p), D* = p / (p + (1 - w)·q + w·p̄), p̄ the density of the other classes.

    Where only the right class has images, w = 0.5 gives 2/3; where only the wrong one has, 0. That
    is the logit which minimizes the expected loss there.
    """
    logits = tf.linspace(-8.0, 8.0, 1_601)
    p, other, w = 1.0, 0.0, 0.5
    loss = p * tf.nn.softplus(-logits) + ((1 - w) * p + w * other) * tf.nn.softplus(logits)
    assert d(logits[int(tf.argmin(loss))]) == pytest.approx(2 / 3, abs=2e-3)
    pointwise = [
        cg.discriminator_loss(
            p * cg.real_loss(logit),
            p * cg.fake_loss(logit),
            other * cg.fake_loss(logit),
            mismatched_weight=w,
        )
        for logit in logits[::100]
    ]
    np.testing.assert_allclose(pointwise, loss[::100], rtol=1e-5)
