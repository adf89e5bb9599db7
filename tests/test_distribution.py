"""Training on several devices and machines: two of the processor's, and two processes."""

import json
import os
import re
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import cgan_utils as cg

# isort: split
import tensorflow as tf

from cgan_utils.fitting import check_batches

ROOT = Path(__file__).parents[1]
FEW = "cg.load_images().subset(slice(0, 4000, 40), '100 digits')"  # three batches of 32, and a rest
START = f"""
    import os
    from dataclasses import replace

    import numpy as np

    import cgan_utils as cg

    # isort: split
    import keras
    import tensorflow as tf

    cpu = tf.config.list_physical_devices("CPU")[0]
    if "TF_CONFIG" in os.environ:
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
    else:
        two = [tf.config.LogicalDeviceConfiguration()] * 2
        tf.config.set_logical_device_configuration(cpu, two)
        strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    few = {FEW}

    def same(a, b):
        return all(np.array_equal(x, y) for x, y in zip(a.get_weights(), b.get_weights()))
"""
# Networks that are built and trained in no time
SMALL = """
    from cgan_utils.discriminator import LabelHead

    def small_generator(width, image_shape):
        latent, row = keras.Input((8,)), keras.Input((width,))
        x = keras.layers.Dense(16)(keras.layers.Concatenate()([latent, row]))
        x = keras.layers.ReLU()(keras.layers.BatchNormalization()(x))
        x = keras.layers.Dense(784, activation="sigmoid")(x)
        return keras.Model([latent, row], keras.layers.Reshape(image_shape)(x))

    def small_discriminator(width, image_shape):
        image, row = keras.Input(image_shape), keras.Input((width,))
        x = keras.layers.Dense(16, activation="relu")(keras.layers.Flatten()(image))
        logit = LabelHead()(keras.layers.Dense(1)(x), keras.layers.Dense(width)(x), row)
        return keras.Model([image, row], logit)

    small = cg.Recipe(
        build_generator=small_generator,
        build_discriminator=small_discriminator,
        epochs=2,
        batch_size=32,
        mismatched_weight=0.5,
        ema_decay=0.9,
    )
"""
# One step of plain SGD on one device, and under the strategy
STEP = """
    def same_draws(kind):
        class SameDraws(kind):
            def draw_training_latents(self, rows, purpose="fake", testing=False):
                return 2 * rows[:, :8] - 1

            def pairs(self, images, rows, fakes, testing=False):
                real, fake, _ = super().pairs(images, rows, fakes, testing)
                return [real, fake, (images, tf.roll(rows, 1, axis=1))]

        return SameDraws

    def a_step(kind, settings, scope=None):
        keras.utils.set_random_seed(0)
        with scope or tf.distribute.get_strategy().scope():
            networks = small_generator(10, (28, 28, 1)), small_discriminator(10, (28, 28, 1))
            gan = same_draws(kind)(*networks, few.condition)
            optimizers = keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1)
            gan.compile(*optimizers, mismatched_weight=0.5, **settings)
        before = gan.get_weights()
        gan.fit(few.batches(32).take(1), verbose=0)
        moved = [abs(new - old).max() for new, old in zip(gan.get_weights(), before)]
        assert max(moved) > 1e-3
        return gan

    r1 = dict(game="non-saturating", penalty="r1", penalty_weight=0.1, critic_steps=1)
    kinds = [(cg.PenalizedGAN, r1), (cg.ConditionalGAN, {})]
    for kind, settings in kinds[: 1 if "TF_CONFIG" in os.environ else 2]:
        one = a_step(kind, settings)
        two = a_step(kind, settings, strategy.scope())
        assert two.replicas == 2
        for a, b in zip(one.get_weights(), two.get_weights()):
            np.testing.assert_allclose(a, b, atol=2e-6)
        for name, (loss,) in one.history.history.items():
            assert abs(loss - two.history.history[name][0]) < 1e-5, name
"""
DRAWS = """
    with strategy.scope():
        gan = small.build(few)
    rows = tf.constant(few.condition.rows(few.labels[:32]))

    def draw():
        wrong = few.condition.mismatched(rows, gan.step_seed("mismatched"))
        return gan.draw_training_latents(rows), wrong

    drawn = tf.function(strategy.run)(draw)
    latents, wrong = (np.stack(strategy.experimental_local_results(part)) for part in drawn)
    alone = small.build(few).draw_training_latents(rows).numpy()
"""


def run(*scripts: str) -> str:
    """What the scripts print in a fresh process, whose processor counts as two devices."""
    source = "".join(map(textwrap.dedent, (START, *scripts)))
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def start_machines(source: str, folder: Path) -> list[subprocess.Popen]:
    """Two processes that run the source as two machines would, each in a folder of its own."""
    sockets = [socket.socket() for _ in range(2)]
    for one in sockets:
        one.bind(("localhost", 0))
    workers = [f"localhost:{one.getsockname()[1]}" for one in sockets]
    for one in sockets:
        one.close()
    machines = []
    for index in range(2):
        here = folder / str(index)
        here.mkdir(exist_ok=True)
        task = {"cluster": {"worker": workers}, "task": {"type": "worker", "index": index}}
        environment = os.environ | {"TF_CONFIG": json.dumps(task), "PYTHONPATH": str(ROOT)}
        pipes = dict(stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        command = [sys.executable, "-c", source]
        machines.append(subprocess.Popen(command, cwd=here, env=environment, **pipes))
    return machines


def outputs(machines: list[subprocess.Popen]) -> list[str]:
    """What each machine prints, once all have ended well."""
    said = []
    try:
        for machine in machines:
            out, error = machine.communicate(timeout=240)
            assert machine.returncode == 0, error
            said.append(out)
    finally:
        for machine in machines:
            machine.kill()
    return said


# Two devices


@pytest.mark.parametrize(
    "recipe",
    [
        "cg.RECIPES['quick']",
        "replace(small, penalty=cg.Penalty('r1', 0.1, every=2))",
        "replace(small, game='wasserstein', penalty=cg.Penalty('gradient', 10.0), critic_steps=3)",
    ],
)
def test_a_run_on_two_devices_is_as_long_repeats_itself_is_saved_and_goes_on(recipe, tmp_path):
    check = f"""
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
    """
    run(SMALL, check)


def test_every_device_draws_latents_and_wrong_labels_of_its_own():
    check = """
    assert not np.any(latents[0] == latents[1]) and np.any(wrong[0] != wrong[1])
    np.testing.assert_array_equal(latents[0], alone)  # the first one draws as a single device does
    """
    run(SMALL, DRAWS, check)


def test_a_step_is_that_of_one_device_where_the_draws_are_the_same():
    """With batch normalization too, whose statistics are those of the whole batch."""
    run(SMALL, STEP)


def test_a_batch_that_devices_cannot_share_gets_a_sentence(few):
    def check(batches, **shares):
        check_batches(batches, few.image_shape, few.condition, **shares)

    check(few.batches(30), critic_steps=5, replicas=3)
    with pytest.raises(ValueError, match="has 32 images, which 3 devices cannot share; give .* 3"):
        check(few.batches(32), replicas=3)
    with pytest.raises(ValueError, match="2 devices with 5 steps of D .* share; .* multiple of 10"):
        check(few.batches(32), critic_steps=5, replicas=2)
    with pytest.raises(ValueError, match="any size are nothing that 2 devices can share"):
        check(few.batches(32).unbatch().batch(32), replicas=2)


def test_other_strategies_get_a_sentence(few):
    central = tf.distribute.experimental.CentralStorageStrategy(["CPU:0"], "CPU:0")
    for other, name in [(central, "CentralStorageStrategy"), ("two GPUs", "str")]:
        with pytest.raises(ValueError, match=f"strategy is a {name}; give tf.distribute.Mirrored"):
            cg.train("quick", few, strategy=other)
    with central.scope(), pytest.raises(ValueError, match="strategy is a CentralStorageStrategy"):
        cg.RECIPES["quick"].build(few)


# Two machines

TWO_MACHINES = """
    me = strategy.cluster_resolver.task_id
    seen = []

    class Seen(cg.ConditionalGAN):
        def train_step(self, data):
            tf.numpy_function(lambda images: seen.append(images), [data[0]], [])
            return super().train_step(data)

    def run(**settings):
        keras.utils.set_random_seed(0)
        with strategy.scope():
            gan = Seen(small_generator(10, (28, 28, 1)), small_discriminator(10, (28, 28, 1)))
            gan.compile(keras.optimizers.Adam(), keras.optimizers.Adam(), mismatched_weight=0.5)
        gan.fit(few.batches(32), epochs=2, **settings)
        return gan

    snapshots = cg.Snapshots(show=lambda images, title: print("shown", title))
    watch = [snapshots, cg.StopOnNaN(), keras.callbacks.ModelCheckpoint("gan.keras")]
    runs = run(verbose=2), run(validation_data=few.batches(32), callbacks=watch)
    assert same(*runs)
    losses = runs[1].history.history
    assert len(snapshots.images) == 3 and len(losses["val_g_loss"]) == 2
    wgan = replace(
        small,
        game="wasserstein",
        mismatched_weight=0.0,
        penalty=cg.Penalty("gradient", 10.0),
        critic_steps=2,
        decay=True,
    )
    timed = cg.train(wgan, few, seconds=1, strategy=strategy)
    steps = int(timed.g_optimizer.iterations.numpy())
    weights = [w.ravel() for gan in (runs[0], timed) for w in gan.get_weights()]
    losses = np.array([*losses.values()])
    results = dict(seen=seen[:6], latents=latents, wrong=wrong, alone=alone, losses=losses)
    np.savez("results.npz", weights=np.concatenate(weights), steps=steps, **results)
"""


@pytest.fixture(scope="module")
def machines(tmp_path_factory) -> list[SimpleNamespace]:
    """What each of two machines said and found."""
    folder = tmp_path_factory.mktemp("machines")
    source = "".join(map(textwrap.dedent, (START, SMALL, STEP, DRAWS, TWO_MACHINES)))
    said = outputs(start_machines(source, folder))
    found = [np.load(folder / str(index) / "results.npz") for index in range(2)]
    return [
        SimpleNamespace(said=text, folder=folder / str(index), **arrays)
        for index, (text, arrays) in enumerate(zip(said, found, strict=True))
    ]


def test_machines_share_every_batch_and_each_sees_its_half(machines):
    batches = eval(FEW).batches(32)
    whole = [images for _ in range(2) for images, _ in batches]
    assert len(whole) == 6  # two epochs; 4 of 100 digits are dropped
    halves = [machine.seen for machine in machines]
    np.testing.assert_array_equal(np.concatenate(halves, axis=1), whole)


def test_every_machine_draws_latents_and_wrong_labels_of_its_own(machines):
    first, second = machines
    assert not np.any(first.latents == second.latents) and np.any(first.wrong != second.wrong)
    np.testing.assert_array_equal(first.latents[0], first.alone)


def test_all_machines_end_with_the_same_weights_losses_and_steps(machines):
    """After a number of epochs, and when the time is up."""
    first, second = machines
    assert np.isfinite(first.weights).all() and np.isfinite(first.losses).all()
    for name in ("weights", "losses", "steps"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    assert first.steps > 1


def test_only_the_chief_writes_and_prints(machines):
    first, second = machines
    assert "Epoch 1/2" in first.said and "shown after epoch 2" in first.said
    assert re.fullmatch("Loaded .*\n", second.said)  # what the program itself does
    assert {path.name for path in first.folder.iterdir()} == {"gan.keras", "results.npz"}
    assert [path.name for path in second.folder.iterdir()] == ["results.npz"]


def the_page(name: str, **other: str) -> str:
    """The program of that name in DEVICES.md, with other right sides of some of its lines."""
    page = (ROOT / "DEVICES.md").read_text("utf-8")
    (source,) = re.findall(f"Save this as `{name}`:\n\n```python\n(.*?)```", page, re.DOTALL)
    for variable, value in other.items():
        source, found = re.subn(f"(?m)^{variable} = .*$", f"{variable} = {value}", source)
        assert found == 1
    return source


def test_a_killed_machine_ends_the_run_with_a_sentence_and_a_file_to_go_on_from(tmp_path):
    """With the program of DEVICES.md, on fewer digits and with small networks."""
    imports = "from dataclasses import replace\nimport cgan_utils as cg\nimport keras\n"
    networks = imports + textwrap.dedent(SMALL)

    def program(epochs):
        recipe = f"replace(small, epochs={epochs})"
        return networks + the_page("digits.py", digits=FEW, recipe=recipe)

    saved = tmp_path / "0" / "digits.keras"
    chief, other = start_machines(program(epochs=1000), tmp_path)
    try:
        deadline = time.monotonic() + 120
        while not saved.exists() and chief.poll() is None and time.monotonic() < deadline:
            time.sleep(0.1)
        other.kill()
        _, error = chief.communicate(timeout=240)
    finally:
        chief.kill()
        other.kill()
    assert chief.returncode == 1
    (sentence,) = [line for line in error.splitlines() if line.startswith("ConnectionError: ")]
    assert "one of the 2 machines no longer answers" in sentence
    assert f"{sentence}\n" in (ROOT / "DEVICES.md").read_text("utf-8")

    done = int(cg.ConditionalGAN.load(saved).g_optimizer.iterations.numpy())
    assert done % 3 == 0 and 0 < done < 3000
    epochs = done // 3 + 2
    (tmp_path / "1" / "digits.keras").write_bytes(saved.read_bytes())
    at_once = f"""
    whole = cg.train(replace(small, epochs={epochs}), digits, strategy=strategy)
    for a, b in zip(gan.get_weights(), whole.get_weights()):
        assert (a == b).all()
    """
    said = outputs(start_machines(program(epochs) + textwrap.dedent(at_once), tmp_path))
    assert f"Epoch {epochs}/{epochs}" in said[0] and "Epoch 1/" not in said[0]
    gan = cg.ConditionalGAN.load(saved)
    assert int(gan.g_optimizer.iterations.numpy()) == 3 * epochs
