"""Training on several devices: two of the processor's, in a process of their own."""

import subprocess
import sys
import textwrap

import pytest

START = """
    from dataclasses import replace

    import numpy as np

    import cgan_utils as cg

    # isort: split
    import keras
    import tensorflow as tf

    cpu = tf.config.list_physical_devices("CPU")[0]
    two = [tf.config.LogicalDeviceConfiguration()] * 2
    tf.config.set_logical_device_configuration(cpu, two)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    digits = cg.load_images()
    few = digits.subset(slice(0, 4000, 42), "96 digits")
    QUICK = cg.RECIPES["quick"]

    def same(a, b):
        return all(np.array_equal(x, y) for x, y in zip(a.get_weights(), b.get_weights()))
"""


def run(script: str) -> str:
    """What the script prints in a fresh process, whose processor counts as two devices."""
    source = textwrap.dedent(START) + textwrap.dedent(script)
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "recipe",
    [
        "QUICK",
        "replace(QUICK, penalty=cg.Penalty('r1', 0.1, every=2))",
        "replace(QUICK, game='wasserstein', penalty=cg.Penalty('gradient', 10.0), critic_steps=3)",
    ],
)
def test_a_run_on_two_devices_is_as_long_repeats_itself_is_saved_and_goes_on(recipe, tmp_path):
    run(f"""
    recipe, path = {recipe}, {str(tmp_path / "gan.keras")!r}
    batches = recipe.batches(few)
    runs = [cg.train(recipe, few, epochs=1, strategy=strategy) for _ in range(2)]
    steps = [int(o.iterations.numpy()) for o in (runs[0].d_optimizer, runs[0].g_optimizer)]
    assert steps == [len(batches) * recipe.critic_steps, len(batches)]
    assert runs[0].replicas == 2 and same(*runs)
    runs[0].save(path)
    on_one = cg.ConditionalGAN.load(path)
    np.testing.assert_array_equal(on_one.generate(range(10)), runs[0].generate(range(10)))
    on_one.fit(recipe.batches(few, first_epoch=1), verbose=0)
    with strategy.scope():
        on_two = cg.ConditionalGAN.load(path)
    watch = [cg.Snapshots(), cg.StopOnNaN()]
    settings = dict(validation_data=few.batches(32), callbacks=watch, verbose=0)
    history = on_two.fit(recipe.batches(few, first_epoch=1), **settings).history
    assert len(watch[0].images) == 2 and np.isfinite([*history.values()]).all()
    assert "val_g_loss" in history and on_two.replicas == 2
    """)


def test_every_device_draws_latents_and_wrong_labels_of_its_own():
    run("""
    with strategy.scope():
        gan = QUICK.build(few)
    rows = tf.constant(few.condition.rows(few.labels[:32]))

    def draw():
        wrong = few.condition.mismatched(rows, gan.step_seed("mismatched"))
        return gan.draw_training_latents(rows), wrong

    latents, wrong = (part.values for part in tf.function(strategy.run)(draw))
    assert not np.any(latents[0] == latents[1]) and np.any(wrong[0] != wrong[1])
    alone = QUICK.build(few).draw_training_latents(rows)
    np.testing.assert_array_equal(latents[0], alone)  # the first one draws as a single device does
    """)


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("ConditionalGAN", "{}"),
        (
            "PenalizedGAN",
            "{'game': 'non-saturating', 'penalty': 'r1', 'penalty_weight': 0.1, 'critic_steps': 1}",
        ),
    ],
)
def test_a_step_is_that_of_one_device_where_the_draws_are_the_same(kind, settings):
    """Without batch normalization, whose statistics each device takes from its own share."""
    run(f"""
    class SameDraws(cg.{kind}):
        def draw_training_latents(self, rows, purpose="fake", testing=False):
            return 2 * rows[:, :8] - 1

        def pairs(self, images, rows, fakes, testing=False):
            real, fake, _ = super().pairs(images, rows, fakes, testing)
            return [real, fake, (images, tf.roll(rows, 1, axis=1))]

    def networks():
        latent, label = keras.Input((8,)), keras.Input((10,))
        x = keras.layers.Concatenate()([latent, label])
        x = keras.layers.Dense(784, activation="sigmoid")(x)
        image = keras.layers.Reshape((28, 28, 1))(x)
        return keras.Model([latent, label], image), cg.build_discriminator()

    def after_a_step(scope):
        keras.utils.set_random_seed(0)
        with scope:
            gan = SameDraws(*networks(), few.condition)
            optimizers = keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1)
            gan.compile(*optimizers, mismatched_weight=0.5, **{settings})
        gan.fit(few.batches(32).take(1), verbose=0)
        return gan

    one = after_a_step(tf.distribute.get_strategy().scope())
    two = after_a_step(strategy.scope())
    keras.utils.set_random_seed(0)
    before = SameDraws(*networks(), few.condition)
    moved = [abs(a - b).max() for a, b in zip(one.get_weights(), before.get_weights())]
    assert max(moved) > 1e-3
    for a, b in zip(one.get_weights(), two.get_weights()):
        np.testing.assert_allclose(a, b, atol=2e-6)
    for name, (loss,) in one.history.history.items():
        assert abs(loss - two.history.history[name][0]) < 1e-5, name
    """)
