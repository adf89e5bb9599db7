"""The Wasserstein losses, the penalties and the GAN that trains with them, against closed forms."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import cgan_utils as cg
from cgan_utils.settings import seeded

rng = np.random.default_rng(0)
REAL, FAKE = (tf.constant(rng.uniform(size=(6, 28, 28, 1)), tf.float32) for _ in range(2))
LABELS = tf.one_hot(rng.integers(10, size=6), 10)
PAIRS = [(REAL, LABELS), (FAKE, LABELS)]
SEED = tf.constant([1, 2])


def linear_critic(slope):
    """A critic whose score rises by `slope` for each unit of distance along one fixed direction."""
    direction = np.random.default_rng(1).normal(size=(784, 1))
    image, label = keras.Input((28, 28, 1)), keras.Input((10,))
    pixels, score = keras.layers.Flatten(), keras.layers.Dense(1)
    critic = keras.Model([image, label], score(pixels(image)) + keras.layers.Dense(1)(label))
    score.set_weights([slope * direction / np.linalg.norm(direction), np.zeros(1)])
    return critic


def quadratic_critic(scale):
    """Score scale[y] · |x|² / 2: at x its slope is scale[y] · |x|."""
    image, label = keras.Input((28, 28, 1)), keras.Input((10,))
    square = keras.layers.Dot(axes=1)([keras.layers.Flatten()(image)] * 2)
    factor = keras.layers.Dense(1, use_bias=False)
    critic = keras.Model([image, label], square * factor(label) / 2)
    factor.set_weights([np.reshape(scale, (10, 1))])
    return critic


def norms(images):
    return np.linalg.norm(np.reshape(images, (len(images), -1)), axis=1)


# Losses and penalties


def test_wasserstein_losses_are_plain_means():
    scores = tf.constant([[1.0], [2.0], [-9.0]])
    assert float(cg.wasserstein_real_loss(scores)) == 2
    assert float(cg.wasserstein_fake_loss(scores)) == -2


def test_squared_slopes_are_taken_image_by_image():
    scale = rng.normal(size=10)
    expected = (LABELS.numpy() @ scale * norms(REAL)) ** 2
    slopes = cg.squared_slopes(quadratic_critic(scale), REAL, LABELS)
    np.testing.assert_allclose(slopes, expected, rtol=1e-4)


@pytest.mark.parametrize("slope", [0, 0.5, 1, 3])
def test_gradient_penalty_of_a_linear_critic(slope):
    """Its slope is the same everywhere, so that the penalty is (slope - 1)²: 0 at slope 1."""
    penalty = cg.gradient_penalty(linear_critic(slope), REAL, FAKE, LABELS, SEED)
    assert float(penalty) == pytest.approx((slope - 1) ** 2, abs=1e-5)


@pytest.mark.parametrize("slope", [0, 1, 3])
def test_r1_penalty_of_a_linear_discriminator(slope):
    assert float(cg.r1_penalty(linear_critic(slope), REAL, LABELS)) == pytest.approx(slope**2 / 2)


def test_mixtures_lie_between_a_real_and_a_fake_of_the_same_label():
    seen = []

    def critic(pairs, training):
        seen.extend(part.numpy() for part in pairs)
        return tf.reduce_sum(pairs[0], axis=[1, 2, 3])

    cg.gradient_penalty(critic, REAL, FAKE, LABELS, SEED)
    mixtures, labels = seen
    np.testing.assert_array_equal(labels, LABELS)
    share = (mixtures - FAKE).numpy() / (REAL - FAKE).numpy()
    each = np.median(share.reshape(6, -1), axis=1)
    np.testing.assert_allclose(
        mixtures, FAKE + each[:, None, None, None] * (REAL - FAKE), atol=1e-5
    )
    assert (each > 0).all() and (each < 1).all() and len(set(each.round(4))) == 6


def test_a_flat_critic_has_a_finite_gradient():
    """The root in the penalty has none at 0."""
    critic = linear_critic(0.0)
    with tf.GradientTape() as tape:
        penalty = cg.gradient_penalty(critic, REAL, FAKE, LABELS, SEED)
    gradients = tape.gradient(penalty, critic.trainable_variables)
    assert all(np.isfinite(g).all() for g in gradients if g is not None)


def test_penalties_take_numbers_on_a_line_too():
    x, y = keras.Input((1,)), keras.Input((2,))
    line = keras.layers.Dense(1)
    critic = keras.Model([x, y], line(x) + 0 * keras.layers.Dense(1)(y))
    line.set_weights([np.array([[3.0]]), np.zeros(1)])
    numbers, rows = tf.constant([[0.5], [1.0]]), tf.eye(2)
    assert float(cg.gradient_penalty(critic, numbers, numbers + 1, rows, SEED)) == pytest.approx(4)
    assert float(cg.r1_penalty(critic, numbers, rows)) == pytest.approx(4.5)


def test_best_critic_of_two_points_scores_their_distance():
    """W1 of two points is their distance: what a critic earns that rises at slope 1 on the way."""
    distance = 3.0
    direction = np.random.default_rng(1).normal(size=(784,))
    shift = (distance * direction / np.linalg.norm(direction)).reshape(1, 28, 28, 1)
    critic, real = linear_critic(1.0), tf.constant(shift, tf.float32)
    scores = [critic([x, LABELS[:1]]) for x in (real, tf.zeros_like(real))]
    loss = cg.wasserstein_real_loss(scores[0]) + cg.wasserstein_fake_loss(scores[1])
    assert float(loss) == pytest.approx(-distance, rel=1e-5)


# The GAN


LAZY_R1 = {"game": "non-saturating", "penalty": "r1", "penalty_every": 16, "critic_steps": 1}


def small_gan(discriminator=None, rate=1e-3, seed=0, **settings):
    with seeded(seed):
        networks = cg.build_generator(), discriminator or cg.build_discriminator()
    gan = cg.PenalizedGAN(*networks, seed=seed)
    gan.compile(*(keras.optimizers.Adam(rate, 0.5, 0.9) for _ in range(2)), **settings)
    return gan


def weights(network):
    return [w.numpy().copy() for w in network.trainable_variables]


def same(a, b):
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


@pytest.fixture
def batch(few):
    return next(iter(few.batches(32, seed=0)))


def test_without_penalty_it_is_the_conditional_gan_bit_for_bit(few):
    settings = {"game": "non-saturating", "mismatched_weight": 0.5, "critic_steps": 1}
    penalized = small_gan(penalty=None, **settings)
    weightless = small_gan(penalty_weight=0.0, **settings)
    with seeded(0):
        plain = cg.ConditionalGAN(cg.build_generator(), cg.build_discriminator())
    adams = (keras.optimizers.Adam(1e-3, 0.5, 0.9) for _ in range(2))
    plain.compile(*adams, mismatched_weight=0.5)
    histories = [
        gan.fit(few.batches(32, seed=0), epochs=2, verbose=0).history
        for gan in (plain, penalized, weightless)
    ]
    assert histories[0] == histories[1] == histories[2]
    for network in ("discriminator", "generator", "averaged_generator"):
        expected = weights(getattr(plain, network))
        assert same(weights(getattr(penalized, network)), expected)
        assert same(weights(getattr(weightless, network)), expected)


@pytest.mark.parametrize("critic_steps", [1, 2, 3])
def test_the_critic_takes_several_steps_for_one_of_g(few, critic_steps):
    gan = small_gan(critic_steps=critic_steps)
    gan.fit(few.batches(16 * critic_steps, seed=0), epochs=1, verbose=0)
    steps = int(gan.d_optimizer.iterations), int(gan.g_optimizer.iterations)
    assert steps == (6, 6 // critic_steps)


def test_each_step_of_the_critic_has_images_of_its_own(few):
    """Of 48 images the three steps of D take 16 each, and G asks for the labels of the last."""
    images, rows = next(iter(few.batches(48)))
    whole, slices = small_gan(critic_steps=3), small_gan(critic_steps=3)
    whole.train_step((images, rows))
    for i in range(0, 48, 16):
        fakes, tape = slices.draw_fakes(rows[i : i + 16])
        slices.discriminator_step(images[i : i + 16], rows[i : i + 16], fakes)
    slices.generator_step(rows[32:], fakes, tape)
    assert same(weights(whole.discriminator), weights(slices.discriminator))
    assert same(weights(whole.generator), weights(slices.generator))


def test_a_batch_that_the_steps_cannot_share_gets_a_sentence(few):
    gan = small_gan(critic_steps=5)
    with pytest.raises(ValueError, match="has 32 images, which 5 steps of D for one of G cannot"):
        gan.fit(few.batches(32))


def test_losses_on_other_images_come_without_the_penalty(few):
    gan = small_gan(linear_critic(3.0), rate=0.0, penalty_weight=7.0, critic_steps=2)
    validation = few.batches(32, seed=1)
    history = gan.fit(few.batches(32, seed=0), validation_data=validation, verbose=0).history
    for prefix, penalty in (("", 7 * (3 - 1) ** 2), ("val_", 0)):
        parts = history[prefix + "d_loss_real"][0] + history[prefix + "d_loss_fake"][0]
        assert history[prefix + "d_loss"][0] == pytest.approx(parts + penalty, abs=1e-4)
    again = gan.evaluate(few.batches(32, seed=1), return_dict=True, verbose=0)
    assert {f"val_{name}": [pytest.approx(loss)] for name, loss in again.items()} == {
        name: losses for name, losses in history.items() if name.startswith("val_")
    }


def test_loss_is_the_sum_of_its_parts_and_the_penalty(batch):
    gan = small_gan(linear_critic(3.0), mismatched_weight=0.5, penalty_weight=7.0)
    gan.discriminator_step(*batch, gan.draw_fakes(batch[1])[0])
    d_loss, real, fake, mismatched = (
        float(gan.trackers[name].result())
        for name in ("d_loss", "d_loss_real", "d_loss_fake", "d_loss_mismatched")
    )
    assert d_loss == pytest.approx(real + 0.5 * fake + 0.5 * mismatched + 7 * (3 - 1) ** 2)


@pytest.mark.parametrize("every", [1, 4])
def test_a_lazy_penalty_is_due_seldom_and_weighs_more(every):
    gan = small_gan(linear_critic(3.0), penalty="r1", penalty_weight=2.0, penalty_every=every)
    terms = []
    for step in range(8):
        gan.d_optimizer.iterations.assign(step)
        terms.append(float(gan.lazy_penalty(PAIRS)))
    expected = [every * 2 * 3**2 / 2 if step % every == 0 else 0 for step in range(8)]
    assert terms == pytest.approx(expected)  # and so the mean is the same, however lazy


def test_every_step_and_every_seed_mixes_anew():
    scale = np.arange(10.0) / 100
    gans = [small_gan(quadratic_critic(scale), seed=seed) for seed in (0, 0, 1)]
    gans[1].d_optimizer.iterations.assign(1)
    penalties = {float(gan.lazy_penalty(PAIRS)) for gan in gans}
    assert len(penalties) == 3


@pytest.mark.parametrize("settings", [{"mismatched_weight": 0.5, "critic_steps": 2}, LAZY_R1])
def test_saved_halfway_it_goes_on_bit_for_bit(few, tmp_path, settings):
    whole, first = small_gan(**settings), small_gan(**settings)
    whole.fit(few.batches(16, seed=0), epochs=3, verbose=0)  # 18 steps: two R1 penalties
    first.fit(few.batches(16, seed=0), epochs=1, verbose=0)
    first.save(tmp_path / "gan.keras")
    second = cg.PenalizedGAN.load(tmp_path / "gan.keras")
    second.fit(few.batches(16, seed=0, first_epoch=1), initial_epoch=1, epochs=3, verbose=0)
    for name in ("penalty", "penalty_weight", "penalty_every", "critic_steps"):
        assert getattr(second, name) == getattr(whole, name)
    assert same(weights(whole.discriminator), weights(second.discriminator))
    np.testing.assert_array_equal(whole.generate(range(10)), second.generate(range(10)))


def test_the_critic_gets_nearer_to_the_distance(few):
    """Trained alone it earns more and more, and a strict penalty holds its slope near 1."""
    gan, earned = small_gan(penalty_weight=1e3), []

    @tf.function
    def step(images, rows):
        gan.discriminator_step(images, rows, gan.draw_fakes(rows)[0])

    for _ in range(20):
        for tracker in gan.metrics:
            tracker.reset_state()
        for batch in few.batches(32, seed=0):
            step(*batch)
        parts = [gan.trackers[name].result() for name in ("d_loss_real", "d_loss_fake")]
        earned.append(-float(sum(parts)))
    assert earned[-1] > max(earned[1], 0.5)
    images, labels = next(iter(few.batches(32, seed=1)))
    fakes = gan.generator([tf.constant(gan.draw_latents(32)), labels])
    slopes = tf.sqrt(cg.squared_slopes(gan.discriminator, (images + fakes) / 2, labels))
    assert 0.7 < float(tf.reduce_mean(slopes)) < 1.3


def test_a_short_training_brings_the_fakes_nearer(few):
    """The pixels' mean over all images of the class asked for, against that of the real ones."""

    def distance(gan):
        means = [few.images[few.labels == c].mean(axis=0) for c in range(10)]
        fakes = gan.generate(np.repeat(np.arange(10), 20)).reshape(10, 20, 28, 28, 1).mean(axis=1)
        return np.mean((fakes - means) ** 2)

    gan = small_gan(critic_steps=2)
    before = distance(gan)
    gan.fit(few.batches(32, seed=0), epochs=40, verbose=0)
    assert distance(gan) < 0.5 * before


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"game": "hinge"}, "game is 'hinge'; it must be one of"),
        ({"penalty": "clip"}, "penalty is 'clip'; it must be one of 'gradient', 'r1'"),
        ({"penalty_weight": -1}, "penalty_weight is -1; give a number at least 0"),
        ({"penalty_every": 0}, "penalty_every is 0; give a whole number from 1 up"),
        ({"critic_steps": 2.5}, "critic_steps is 2.5; give a whole number from 1 up"),
    ],
)
def test_bad_settings_get_a_sentence(settings, message):
    with pytest.raises(ValueError, match=message):
        small_gan(**settings)
