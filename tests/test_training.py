from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

import cgan_utils as cg

QUICK = cg.RECIPES["quick"]


def small_gan(data, seed=0, steps=None, **changes):
    return replace(QUICK, **changes).build(data, seed, steps)


def weights(network):
    return [w.numpy().copy() for w in network.trainable_variables]


def same(a, b):
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


@pytest.fixture
def batch(few):
    return next(iter(few.batches(32, seed=0)))


def fakes_of(gan, batch):
    return gan.draw_fakes(batch[1])[0]


def test_the_discriminator_step_moves_d_alone(few, batch):
    gan = small_gan(few)
    before = [weights(net) for net in (gan.generator, gan.averaged_generator, gan.discriminator)]
    gan.discriminator_step(*batch, fakes_of(gan, batch))
    after = [weights(net) for net in (gan.generator, gan.averaged_generator, gan.discriminator)]
    assert same(before[0], after[0]) and same(before[1], after[1])
    assert not any(np.array_equal(x, y) for x, y in zip(before[2], after[2], strict=True))
    assert (int(gan.d_optimizer.iterations), int(gan.g_optimizer.iterations)) == (1, 0)


def test_the_generator_step_moves_g_and_its_average_alone(few, batch):
    gan = small_gan(few)
    before = [weights(net) for net in (gan.discriminator, gan.generator, gan.averaged_generator)]
    gan.generator_step(batch[1], *gan.draw_fakes(batch[1]))
    after = [weights(net) for net in (gan.discriminator, gan.generator, gan.averaged_generator)]
    assert same(before[0], after[0])
    for k in (1, 2):
        assert not any(np.array_equal(x, y) for x, y in zip(before[k], after[k], strict=True))
    assert (int(gan.d_optimizer.iterations), int(gan.g_optimizer.iterations)) == (0, 1)


def test_the_average_follows_the_generator(few, batch):
    gan = small_gan(few, ema_decay=0.9)
    start = weights(gan.generator)
    gan.generator_step(batch[1], *gan.draw_fakes(batch[1]))
    decay = 2 / 11  # after one step: (1 + 1) / (10 + 1), below 0.9
    for average, before, now in zip(
        weights(gan.averaged_generator), start, weights(gan.generator), strict=True
    ):
        np.testing.assert_allclose(average, decay * before + (1 - decay) * now, atol=1e-6)
    plain = small_gan(few, ema_decay=0.0)
    plain.generator_step(batch[1], *plain.draw_fakes(batch[1]))
    assert same(weights(plain.averaged_generator), weights(plain.generator))


def test_every_pair_has_its_place_in_the_discriminator_step(few, batch, monkeypatch):
    """Real with right labels, fake with right labels, real with wrong labels, in this order."""
    networks = cg.build_generator(), cg.build_published_discriminator()  # which sees all in one
    gan = cg.ConditionalGAN(*networks, few.condition)
    gan.compile(keras.optimizers.Adam(), keras.optimizers.Adam(), mismatched_weight=0.5)
    seen = {}
    original = gan.discriminator.call

    def record(pairs, **settings):
        seen["x"], seen["y"] = (np.asarray(part) for part in pairs)
        return original(pairs, **settings)

    monkeypatch.setattr(gan.discriminator, "call", record)
    images, labels = batch
    gan.discriminator_step(images, labels, fakes_of(gan, batch))
    x, y = np.split(seen["x"], 3), np.split(seen["y"], 3)
    np.testing.assert_array_equal(x[0], images)
    np.testing.assert_array_equal(x[2], images)
    assert not np.array_equal(x[1], images)
    np.testing.assert_array_equal(y[0], labels)
    np.testing.assert_array_equal(y[1], labels)
    assert not (y[2] * labels.numpy()).any() and (y[2].sum(axis=1) == 1).all()


def test_a_real_image_and_its_mismatched_pair_share_one_pass(few, batch, monkeypatch):
    """And the logits are those that D gives to each pair alone."""
    gan, seen = small_gan(few), []
    original = gan.trunk.call
    monkeypatch.setattr(
        gan.trunk, "call", lambda x, **settings: (seen.append(len(x)), original(x, **settings))[1]
    )
    pairs = gan.pairs(*batch, fakes_of(gan, batch))
    outputs = gan.d_outputs(pairs)
    assert seen == [64] and len(outputs) == 3  # 32 real images, once, and 32 fakes
    for output, pair in zip(outputs, pairs, strict=True):
        np.testing.assert_allclose(output, gan.discriminator([*pair]), atol=1e-5)


@pytest.mark.parametrize("fresh", [False, True])
def test_g_takes_the_fakes_that_d_has_seen_unless_they_shall_be_fresh(few, batch, fresh):
    gan, seen = small_gan(few), {}

    class Watched(cg.ConditionalGAN):
        def pairs(self, images, rows, fakes, testing=False):
            seen["d"] = fakes.numpy()
            return super().pairs(images, rows, fakes, testing)

        def g_loss(self, rows, fakes, training=True):
            seen["g"] = fakes.numpy()
            return super().g_loss(rows, fakes, training)

    gan = Watched(gan.generator, gan.discriminator, few.condition)
    gan.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0), fresh_fakes=fresh)
    gan.train_step(batch)
    first = dict(seen)
    gan.train_step(batch)
    assert np.array_equal(first["d"], first["g"]) is not fresh
    draws = [first["d"], first["g"], seen["d"], seen["g"]]
    different = {x.tobytes() for x in draws}
    assert len(different) == (4 if fresh else 2)


def test_fit_reports_its_losses_and_their_sum(few):
    history = small_gan(few).fit(few.batches(32, seed=0), epochs=2, verbose=0).history
    assert set(history) == {"d_loss", "d_loss_real", "d_loss_fake", "d_loss_mismatched", "g_loss"}
    parts = [history[f"d_loss_{part}"][1] for part in ("real", "fake", "mismatched")]
    assert history["d_loss"][1] == pytest.approx(
        parts[0] + 0.5 * parts[1] + 0.5 * parts[2], rel=1e-5
    )
    plain = small_gan(few, mismatched_weight=0).fit(few.batches(32, seed=0), verbose=0).history
    assert set(plain) == {"d_loss", "d_loss_real", "d_loss_fake", "g_loss"}


def test_minimax_gives_the_generator_the_other_loss(few, batch):
    gan = small_gan(few)
    gan.compile(keras.optimizers.Adam(1e-3), keras.optimizers.Adam(1e-3), game="minimax")
    gan.generator_step(batch[1], *gan.draw_fakes(batch[1]))
    assert float(gan.trackers["g_loss"].result()) < 0  # log(1 - D) is negative, -log D is not


def test_same_seed_same_weights(few):
    runs = [small_gan(few, seed) for seed in (0, 0, 1)]
    for gan, seed in zip(runs, (0, 0, 1), strict=True):
        gan.fit(few.batches(32, seed=seed), epochs=2, verbose=0)
    assert same(weights(runs[0]), weights(runs[1]))
    assert not same(weights(runs[0]), weights(runs[2]))


@pytest.mark.parametrize("stop", [1, 2, 3])
def test_a_resumed_run_equals_the_uninterrupted_one_bit_for_bit(few, tmp_path, stop):
    whole = small_gan(few, steps=12)
    whole.fit(few.batches(32, seed=0), epochs=4, verbose=0)

    first = small_gan(few, steps=12)
    first.fit(few.batches(32, seed=0), epochs=stop, verbose=0)
    first.save(tmp_path / "gan.keras")
    keras.utils.set_random_seed(99)  # nothing may depend on the process it resumes in
    second = cg.ConditionalGAN.load(tmp_path / "gan.keras")
    second.fit(few.batches(32, seed=0, first_epoch=stop), initial_epoch=stop, epochs=4, verbose=0)

    for a, b in (
        (whole, second),
        (whole.d_optimizer, second.d_optimizer),
        (whole.g_optimizer, second.g_optimizer),
    ):
        assert [v.path for v in a.variables if "metric" not in v.path] != []
        arrays = [[v.numpy() for v in x.variables] for x in (a, b)]
        assert same(*arrays)
    np.testing.assert_array_equal(whole.generate(range(10)), second.generate(range(10)))


def test_save_and_load_give_back_networks_optimizers_and_settings(few, tmp_path):
    gan = small_gan(few, seed=5, mismatched_weight=0.25, ema_decay=0.9)
    gan.fit(few.batches(32, seed=0), verbose=0)
    gan.save(tmp_path / "gan.keras")
    other = cg.ConditionalGAN.load(tmp_path / "gan.keras")
    assert (other.seed, other.ema_decay, other.mismatched_weight, other.game) == (
        5,
        0.9,
        0.25,
        "non-saturating",
    )
    for network in ("generator", "averaged_generator", "discriminator"):
        assert same(weights(getattr(gan, network)), weights(getattr(other, network)))
    for optimizer in ("d_optimizer", "g_optimizer"):
        states = [
            [v.numpy() for v in getattr(model, optimizer).variables] for model in (gan, other)
        ]
        assert same(*states) and int(getattr(other, optimizer).iterations) == 3
    assert [p.name for p in tmp_path.iterdir()] == ["gan.keras"]


def test_the_published_networks_save_and_load_too(few, tmp_path):
    networks = cg.build_published_generator(), cg.build_published_discriminator(striped=True)
    gan = cg.ConditionalGAN(*networks, ema_decay=0.0)
    gan.compile(keras.optimizers.Adam(3e-4), keras.optimizers.Adam(3e-4))
    gan.fit(few.batches(32, seed=0).take(1), verbose=0)
    gan.save(tmp_path / "gan.keras")
    other = cg.ConditionalGAN.load(tmp_path / "gan.keras")
    assert other.discriminator.get_layer("label_planes").striped
    np.testing.assert_array_equal(gan.generate([3], seed=1), other.generate([3], seed=1))


def test_keras_checkpoints_work(few, tmp_path):
    checkpoint = keras.callbacks.ModelCheckpoint(tmp_path / "epoch-{epoch}.keras")
    gan = small_gan(few)
    gan.fit(few.batches(32, seed=0), epochs=2, callbacks=[checkpoint], verbose=0)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["epoch-1.keras", "epoch-2.keras"]
    last = cg.ConditionalGAN.load(tmp_path / "epoch-2.keras")
    np.testing.assert_array_equal(gan.generate([3], seed=1), last.generate([3], seed=1))


def test_a_failed_save_keeps_the_old_file(few, tmp_path, monkeypatch):
    gan = small_gan(few)
    gan.save(tmp_path / "gan.keras")
    before = (tmp_path / "gan.keras").read_bytes()

    def full_disk(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full_disk)
    with pytest.raises(OSError, match="No space left"):
        gan.save(tmp_path / "gan.keras")
    assert (tmp_path / "gan.keras").read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_bad_files_get_a_sentence(few, tmp_path):
    with pytest.raises(ValueError, match=r"must end in \.keras"):
        small_gan(few).save(tmp_path / "gan.h5")
    with pytest.raises(FileNotFoundError, match="there is no file"):
        cg.ConditionalGAN.load(tmp_path / "nothing.keras")
    path = tmp_path / "gan.keras"
    small_gan(few).save(path)
    for damaged in (b"", b"not a model", path.read_bytes()[:5_000]):
        (tmp_path / "damaged.keras").write_bytes(damaged)
        with pytest.raises(ValueError, match="cannot be read as a saved model"):
            cg.ConditionalGAN.load(tmp_path / "damaged.keras")
    cg.build_generator().save(tmp_path / "other.keras")
    with pytest.raises(ValueError, match="not a ConditionalGAN"):
        cg.ConditionalGAN.load(tmp_path / "other.keras")


def test_bad_settings_get_a_sentence(few):
    gan = small_gan(few)
    adam = keras.optimizers.Adam
    with pytest.raises(
        ValueError, match="game is 'hinge'; it must be one of 'minimax', 'non-saturating'"
    ):
        gan.compile(adam(), adam(), game="hinge")
    with pytest.raises(ValueError, match="mismatched_weight is 1"):
        gan.compile(adam(), adam(), mismatched_weight=1)


def test_generate_matches_the_averaged_generator(few):
    gan = small_gan(few)
    latents = gan.draw_latents(2, seed=0)
    expected = gan.averaged_generator([latents, cg.one_hot([6, 1], 10)], training=False)
    np.testing.assert_allclose(gan.generate([6, 1], seed=0), expected, atol=1e-6)


def test_score_is_the_discriminator_logit(few):
    gan = small_gan(few)
    scores = gan.score(few.images[:4], few.labels[:4])
    rows = cg.one_hot(few.labels[:4], 10)
    np.testing.assert_allclose(scores, gan.discriminator([few.images[:4], rows])[:, 0], atol=1e-6)


def test_snapshots_are_taken_before_and_after_every_epoch(few):
    shown = []
    snapshots = cg.Snapshots(seed=1, show=lambda images, title: shown.append(title))
    gan = small_gan(few)
    gan.fit(few.batches(32, seed=0), epochs=2, callbacks=[snapshots], verbose=0)
    assert snapshots.epochs == [0, 1, 2] and len(shown) == 3
    assert snapshots.images[0].shape == (10, 28, 28, 1)
    latents = gan.draw_latents(1, seed=1)
    np.testing.assert_array_equal(snapshots.images[-1], gan.generate(range(10), latents=latents))
    assert not np.array_equal(snapshots.images[0], snapshots.images[1])


def test_a_nan_stops_the_run_and_says_why(few, capsys):
    gan = small_gan(few)
    gan.discriminator.get_layer("realness").bias.assign([np.nan])
    history = gan.fit(few.batches(32, seed=0), epochs=5, callbacks=[cg.StopOnNaN()], verbose=0)
    assert len(history.epoch) == 1
    said = capsys.readouterr().out
    assert "Stopped at batch 1: d_loss is nan" in said and "smaller learning rate" in said


def test_train_fits_its_schedule_to_the_epochs(few):
    gan = cg.train("quick", few, epochs=2)
    assert int(gan.g_optimizer.iterations) == 6  # 96 images make three batches of 32, twice
    assert float(gan.g_optimizer.learning_rate) == 0


def test_train_stops_on_the_clock_with_its_schedule_spent(few):
    gan = cg.train("quick", few, seconds=6)
    assert float(gan.d_optimizer.learning_rate) == float(gan.g_optimizer.learning_rate) == 0
    assert int(gan.g_optimizer.iterations) >= 1


def test_train_is_reproducible_and_published_is_as_published(few):
    a, b = (cg.train("quick", few, seed=3, epochs=1) for _ in range(2))
    assert same(weights(a), weights(b))
    published = cg.RECIPES["published"]
    assert (published.batch_size, published.learning_rate, published.epochs) == (64, 3e-4, 20)
    assert (published.mismatched_weight, published.ema_decay, published.decay) == (0, 0, False)
    gan = cg.train("published", few, epochs=1)
    assert gan.latent_dim == 128 and not gan.discriminator.get_layer("label_planes").striped


def test_sprint_is_quick_with_a_strong_limit_on_the_slope(few):
    quick, sprint = vars(QUICK), vars(cg.RECIPES["sprint"])
    changed = {name: (quick[name], sprint[name]) for name in quick if quick[name] != sprint[name]}
    assert changed == {
        "epochs": (16, 4),
        "penalty": (None, cg.Penalty("r1", 1.0, every=8)),
        "learning_rate": (3e-3, 6e-3),
        "mismatched_weight": (0.5, 0.8),
    }
    gan = cg.train("sprint", few)
    assert (int(gan.d_optimizer.iterations), int(gan.g_optimizer.iterations)) == (12, 12)


@pytest.mark.parametrize(
    ("recipe", "budget", "message"),
    [
        ("fast", {}, "recipe is 'fast'; it must be one of 'published', 'quick'"),
        ("quick", {"seconds": 1, "epochs": 1}, "two budgets"),
        ("quick", {"seconds": 0}, "seconds is 0"),
        ("quick", {"epochs": 0}, "epochs is 0"),
        ("quick", {"epochs": 1.5}, "epochs is 1.5"),
    ],
)
def test_bad_budgets_get_a_sentence(few, recipe, budget, message):
    with pytest.raises(ValueError, match=message):
        cg.train(recipe, few, **budget)


# What does not fit is refused before anything is trained


def rate_of(optimizer):
    return float(optimizer.learning_rate)


def test_a_recipe_of_ones_own_is_taken_as_it_is(few):
    mine = replace(QUICK, batch_size=16, learning_rate=1e-3, g_learning_rate=2e-3, decay=False)
    gan = cg.train(mine, few, epochs=1)
    assert int(gan.d_optimizer.iterations) == 6
    assert rate_of(gan.d_optimizer) == pytest.approx(1e-3)
    assert rate_of(gan.g_optimizer) == pytest.approx(2e-3)


def test_a_recipe_with_a_penalty_builds_a_penalized_gan(few):
    wgan_gp = replace(
        QUICK, game="wasserstein", penalty=cg.Penalty("gradient", 10.0), critic_steps=5
    )
    gan = wgan_gp.build(few, steps=100)
    assert isinstance(gan, cg.PenalizedGAN) and gan.game == "wasserstein"
    assert (gan.penalty, gan.penalty_weight, gan.penalty_every, gan.critic_steps) == (
        "gradient",
        10,
        1,
        5,
    )
    assert gan.g_optimizer._learning_rate.decay_steps == 20  # one step in five of D's


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("quick", np.zeros((3, 28, 28, 1))), "a ndarray is no labeled images"),
        (
            (None, "few"),
            "recipe is None; it must be one of 'published', 'quick', 'sprint', .*, or a",
        ),
        ((["quick"], "few"), "recipe is .*or a Recipe"),
        ((replace(QUICK, batch_size=97), "few"), "batch_size 97 is more than the 96 images"),
        ((replace(QUICK, ema_decay=1), "few"), "ema_decay is 1; give a number at least 0 and"),
        ((replace(QUICK, learning_rate=-1), "few"), "learning_rate is -1; give a number above 0"),
        ((replace(QUICK, critic_steps=0), "few"), "critic_steps is 0; give a whole number from 1"),
        ((replace(QUICK, penalty=cg.Penalty("r2", 1)), "few"), "penalty is 'r2'; it must be one"),
        (("patient", "faces"), "for classes, but the data have attributes \\(hat\\)"),
        ((cg.WAYS["auxiliary"], "faces"), "for classes, but the data have attributes"),
    ],
)
def test_a_recipe_that_fits_nothing_gets_a_sentence(few, arguments, message):
    recipe, data = arguments
    faces = replace(few, labels=np.zeros((96, 1)), condition=cg.Attributes(("hat",)))
    data = {"few": few, "faces": faces}.get(data, data) if isinstance(data, str) else data
    with pytest.raises(ValueError, match=message):
        cg.train(recipe, data, epochs=1)


@pytest.mark.parametrize("seed", [np.int64(5), np.uint8(5), 5])
def test_a_seed_of_any_integer_type_trains_and_is_saved(few, tmp_path, seed):
    gan = cg.train("quick", few, seed=seed, epochs=1)
    gan.save(tmp_path / "gan.keras")
    assert cg.ConditionalGAN.load(tmp_path / "gan.keras").seed == 5
    assert same(weights(gan), weights(cg.train("quick", few, seed=5, epochs=1)))


def test_the_largest_seed_trains(few):
    small_gan(few, seed=2**32 - 1).fit(few.batches(32).take(1), verbose=0)
    with pytest.raises(ValueError, match="seed is 4294967296; give a whole number from 0 to"):
        small_gan(few, seed=2**32)


def shapes_of(width=10, image_shape=(28, 28, 1)):
    return cg.build_generator(width, image_shape), cg.build_discriminator(width, image_shape)


def with_embedding():
    latent, label = keras.Input((8,)), keras.Input((1,), dtype="int32")
    embedded = keras.layers.Flatten()(keras.layers.Embedding(3, 4)(label))
    x = keras.layers.Concatenate()([latent, embedded])
    x = keras.layers.Dense(784, activation="sigmoid")(x)
    return keras.Model([latent, label], keras.layers.Reshape((28, 28, 1))(x))


def with_tanh():
    latent, label = keras.Input((8,)), keras.Input((10,))
    x = keras.layers.Concatenate()([latent, label])
    x = keras.layers.Reshape((28, 28, 1))(keras.layers.Dense(784, activation="tanh")(x))
    return keras.Model([latent, label], x)


@pytest.mark.parametrize(
    ("networks", "condition", "message"),
    [
        (lambda: (shapes_of(5)[0], shapes_of(10)[1]), None, "discriminator takes rows of 10 num"),
        (lambda: shapes_of(5), cg.Classes(("a", "b")), "generator takes rows of 5 numbers, but"),
        (
            lambda: (shapes_of(10)[0], shapes_of(10, (16, 16, 3))[1]),
            None,
            r"discriminator takes \[\(None, 16, 16, 3\), \(None, 10\)\]; build it for the gen",
        ),
        (lambda: shapes_of()[::-1], None, "the generator takes .*; build it for latents"),
        (lambda: (with_embedding(), shapes_of()[1]), None, "too narrow for classes; build it"),
        (lambda: (shapes_of()[0], None), None, "the discriminator is a NoneType; give a keras.Mod"),
        (lambda: (keras.Sequential(), shapes_of()[1]), None, "the generator is a Sequential; give"),
        (lambda: shapes_of(), ["a"] * 10, "the condition is .*; give Classes or Attributes"),
        (lambda: (with_tanh(), shapes_of()[1]), None, r"range from -.*; give pixels in \[0, 1\]"),
    ],
)
def test_networks_that_do_not_fit_get_a_sentence(networks, condition, message):
    with pytest.raises(ValueError, match=message):
        cg.ConditionalGAN(*networks(), condition)


def test_each_network_wants_an_optimizer_of_its_own(few):
    gan, adam = small_gan(few), keras.optimizers.Adam()
    with pytest.raises(ValueError, match="same optimizer; give each one of its own"):
        gan.compile(adam, adam)
    with pytest.raises(ValueError, match="d_optimizer is 'adam'; give an optimizer"):
        gan.compile("adam", "adam")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda x, y: (x * 255, y), r"pixels from 0 to 255; give images in \[0, 1\]"),
        (lambda x, y: (x * 2 - 1, y), "pixels from -1 to 1"),
        (lambda x, y: (x * np.nan, y), "pixels from nan"),
        (lambda x, y: (x, y * 2), r"row \[0 .*2.*\], which asks for nothing"),
        (lambda x, y: (x[..., 0], y), r"hold \(32, 28, 28\) float32 and .*; give images and rows"),
        (lambda x, y: (x, y[:, :9]), r"\(32, 9\) float32; give images"),
        (lambda x, y: (np.uint8([[[[3]]]]), y), "uint8"),
        (lambda x, y: x, r"hold \(32, 28, 28, 1\) float32; give images and rows"),
    ],
)
def test_batches_that_do_not_fit_are_refused_and_nothing_has_moved(few, spoil, message):
    gan = small_gan(few)
    before = weights(gan.generator) + weights(gan.discriminator)
    for work in (gan.fit, gan.evaluate):
        with pytest.raises(ValueError, match=message) as error:
            work(few.batches(32).map(spoil), verbose=0)
        assert "\n" not in str(error.value)
    assert same(before, weights(gan.generator) + weights(gan.discriminator))
    assert int(gan.d_optimizer.iterations) == 0


@pytest.mark.parametrize("settings", [{"y": 1}, {"batch_size": 32}, {}])
def test_arrays_would_train_in_their_order_and_are_refused(few, settings):
    with pytest.raises(ValueError, match=r"ndarray is no dataset of batches; give digits.batches"):
        small_gan(few).fit(few.images, **settings)
    with pytest.raises(ValueError, match="NoneType is no dataset"):
        small_gan(few).fit(None, **settings)
    for work in (small_gan(few).fit, small_gan(few).evaluate):
        with pytest.raises(ValueError, match="ndarray is no dataset of batches"):
            work(few.images, few.labels)
        with pytest.raises(ValueError, match="beside the batches comes 1; give batches alone"):
            work(few.batches(32), 1)
    with pytest.raises(ValueError, match="LabeledImages is no dataset"):
        small_gan(few).fit(few, **settings)
    with pytest.raises(ValueError, match="tuple is no dataset of batches"):
        small_gan(few).fit(few.batches(32), validation_data=(few.images, few.labels))


def test_losses_on_other_images_are_recorded_beside_those_of_training(few, digits):
    gan, other = small_gan(few), digits.subset(slice(0, 4000, 40), "others").batches(50)
    history = gan.fit(few.batches(32), validation_data=other, verbose=0).history
    before = weights(gan.generator) + weights(gan.discriminator)
    told = gan.evaluate(other, verbose=0, return_dict=True)
    parts = ("d_loss", "d_loss_real", "d_loss_fake", "d_loss_mismatched", "g_loss")
    for name in parts:
        assert told[name] == pytest.approx(history[f"val_{name}"][0], rel=0.2)  # in another order
    assert same(before, weights(gan.generator) + weights(gan.discriminator))
    images, rows = next(iter(few.batches(96)))
    real = gan.evaluate(few.batches(96), verbose=0, return_dict=True)["d_loss_real"]
    logits = gan.discriminator([images, rows])
    assert real == pytest.approx(float(cg.real_loss(logits)), rel=1e-5)


def test_score_refuses_images_that_d_does_not_take(few):
    gan = small_gan(few)
    for images, labels, message in (
        (few.images[:4], few.labels[:3], r"give an array \(3, 28, 28, 1\)"),
        (few.images[:4, :14], few.labels[:4], r"shape \(4, 14, 28, 1\)"),
        (few.images[:4] * 255, few.labels[:4], r"range from 0 to 255"),
    ):
        with pytest.raises(ValueError, match=message):
            gan.score(images, labels)


def test_a_file_that_shall_stay_stays(few, tmp_path, monkeypatch):
    gan = small_gan(few)
    gan.save(tmp_path / "gan.keras")
    before = (tmp_path / "gan.keras").read_bytes()
    with pytest.raises(FileExistsError, match="stays as it is"):
        small_gan(few, seed=1).save(tmp_path / "gan.keras", overwrite=False)
    assert (tmp_path / "gan.keras").read_bytes() == before
    with pytest.raises(FileNotFoundError, match="no folder '.*new' to write gan.keras into"):
        gan.save(tmp_path / "new" / "gan.keras")
    monkeypatch.setenv("HOME", str(tmp_path))
    gan.save("~/home.keras")
    assert isinstance(cg.ConditionalGAN.load("~/home.keras"), cg.ConditionalGAN)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gan.keras", "home.keras"]


def test_a_gan_that_was_not_compiled_can_be_saved(tmp_path, few):
    gan = cg.ConditionalGAN(*shapes_of(), few.condition)
    gan.save(tmp_path / "gan.keras")
    again = cg.ConditionalGAN.load(tmp_path / "gan.keras")
    np.testing.assert_array_equal(again.generate(3), gan.generate(3))


def test_snapshots_count_on_over_several_fits(few):
    gan, snapshots = small_gan(few), cg.Snapshots()
    batches = few.batches(32)
    gan.fit(batches, epochs=2, callbacks=[snapshots], verbose=0)
    gan.fit(batches, epochs=1, callbacks=[snapshots], verbose=0)
    gan.fit(batches, initial_epoch=3, epochs=5, callbacks=[snapshots], verbose=0)
    assert snapshots.epochs == [0, 1, 2, 3, 4, 5] and len(snapshots.images) == 6


def test_the_pairs_are_a_hook(few):
    """What D sees can be changed in one method, and training minds it."""

    class Hidden(cg.ConditionalGAN):
        def pairs(self, images, rows, fakes, testing=False):
            return super().pairs(images, rows, fakes * 0, testing)

    plain = small_gan(few)
    hidden = Hidden(plain.generator, plain.discriminator, few.condition)
    hidden.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0), mismatched_weight=0.5)
    hidden.fit(few.batches(96), verbose=0)
    _, rows = next(iter(few.batches(96)))
    black = hidden.discriminator([tf.zeros((96, 28, 28, 1)), rows])
    expected = float(cg.fake_loss(black))
    assert hidden.history.history["d_loss_fake"][0] == pytest.approx(expected, rel=1e-4)
