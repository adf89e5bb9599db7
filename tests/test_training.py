import keras
import numpy as np
import pytest

import cgan_utils as cg


def small_gan(seed=0, mismatched_weight=0.5, rate=2e-3, steps=None, **settings):
    keras.utils.set_random_seed(seed)
    gan = cg.ConditionalGAN(cg.build_generator(), cg.build_discriminator(), seed=seed, **settings)
    if steps:
        rate = keras.optimizers.schedules.PolynomialDecay(rate, steps, 0.0)
    gan.compile(
        *(keras.optimizers.Adam(rate, 0.5, 0.99) for _ in range(2)),
        mismatched_weight=mismatched_weight,
    )
    return gan


def weights(network):
    return [w.numpy().copy() for w in network.trainable_variables]


def same(a, b):
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


@pytest.fixture
def batch(few):
    return next(iter(few.batches(32, seed=0)))


def test_the_discriminator_step_moves_d_alone(batch):
    gan = small_gan()
    before = [weights(net) for net in (gan.generator, gan.averaged_generator, gan.discriminator)]
    gan.discriminator_step(*batch)
    after = [weights(net) for net in (gan.generator, gan.averaged_generator, gan.discriminator)]
    assert same(before[0], after[0]) and same(before[1], after[1])
    assert not any(np.array_equal(x, y) for x, y in zip(before[2], after[2], strict=True))
    assert (int(gan.d_optimizer.iterations), int(gan.g_optimizer.iterations)) == (1, 0)


def test_the_generator_step_moves_g_and_its_average_alone(batch):
    gan = small_gan()
    before = [weights(net) for net in (gan.discriminator, gan.generator, gan.averaged_generator)]
    gan.generator_step(batch[1])
    after = [weights(net) for net in (gan.discriminator, gan.generator, gan.averaged_generator)]
    assert same(before[0], after[0])
    for k in (1, 2):
        assert not any(np.array_equal(x, y) for x, y in zip(before[k], after[k], strict=True))
    assert (int(gan.d_optimizer.iterations), int(gan.g_optimizer.iterations)) == (0, 1)


def test_the_average_follows_the_generator(batch):
    gan = small_gan(ema_decay=0.9)
    start = weights(gan.generator)
    gan.generator_step(batch[1])
    decay = 2 / 11  # after one step: (1 + 1) / (10 + 1), below 0.9
    for average, before, now in zip(
        weights(gan.averaged_generator), start, weights(gan.generator), strict=True
    ):
        np.testing.assert_allclose(average, decay * before + (1 - decay) * now, atol=1e-6)
    plain = small_gan(ema_decay=0.0)
    plain.generator_step(batch[1])
    assert same(weights(plain.averaged_generator), weights(plain.generator))


def test_every_pair_has_its_place_in_the_discriminator_step(batch, monkeypatch):
    """Real with right labels, fake with right labels, real with wrong labels, in this order."""
    gan = small_gan()
    seen = {}
    original = gan.discriminator.call

    def record(pairs, **settings):
        seen["x"], seen["y"] = (np.asarray(part) for part in pairs)
        return original(pairs, **settings)

    monkeypatch.setattr(gan.discriminator, "call", record)
    images, labels = batch
    gan.discriminator_step(images, labels)
    x, y = np.split(seen["x"], 3), np.split(seen["y"], 3)
    np.testing.assert_array_equal(x[0], images)
    np.testing.assert_array_equal(x[2], images)
    assert not np.array_equal(x[1], images)
    np.testing.assert_array_equal(y[0], labels)
    np.testing.assert_array_equal(y[1], labels)
    assert not (y[2] * labels.numpy()).any() and (y[2].sum(axis=1) == 1).all()


def test_fit_reports_its_losses_and_their_sum(few):
    history = small_gan().fit(few.batches(32, seed=0), epochs=2, verbose=0).history
    assert set(history) == {"d_loss", "d_loss_real", "d_loss_fake", "d_loss_mismatched", "g_loss"}
    parts = [history[f"d_loss_{part}"][1] for part in ("real", "fake", "mismatched")]
    assert history["d_loss"][1] == pytest.approx(
        parts[0] + 0.5 * parts[1] + 0.5 * parts[2], rel=1e-5
    )
    plain = small_gan(mismatched_weight=0).fit(few.batches(32, seed=0), verbose=0).history
    assert set(plain) == {"d_loss", "d_loss_real", "d_loss_fake", "g_loss"}


def test_minimax_gives_the_generator_the_other_loss(batch):
    gan = small_gan()
    gan.compile(keras.optimizers.Adam(1e-3), keras.optimizers.Adam(1e-3), loss="minimax")
    gan.generator_step(batch[1])
    assert float(gan.trackers["g_loss"].result()) < 0  # log(1 - D) is negative, -log D is not


def test_same_seed_same_weights(few):
    runs = [small_gan(seed) for seed in (0, 0, 1)]
    for gan, seed in zip(runs, (0, 0, 1), strict=True):
        gan.fit(few.batches(32, seed=seed), epochs=2, verbose=0)
    assert same(weights(runs[0]), weights(runs[1]))
    assert not same(weights(runs[0]), weights(runs[2]))


@pytest.mark.parametrize("stop", [1, 2, 3])
def test_a_resumed_run_equals_the_uninterrupted_one_bit_for_bit(few, tmp_path, stop):
    whole = small_gan(steps=12)
    whole.fit(few.batches(32, seed=0), epochs=4, verbose=0)

    first = small_gan(steps=12)
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
    gan = small_gan(seed=5, mismatched_weight=0.25, ema_decay=0.9)
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
    gan = small_gan()
    gan.fit(few.batches(32, seed=0), epochs=2, callbacks=[checkpoint], verbose=0)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["epoch-1.keras", "epoch-2.keras"]
    last = cg.ConditionalGAN.load(tmp_path / "epoch-2.keras")
    np.testing.assert_array_equal(gan.generate([3], seed=1), last.generate([3], seed=1))


def test_a_failed_save_keeps_the_old_file(few, tmp_path, monkeypatch):
    gan = small_gan()
    gan.save(tmp_path / "gan.keras")
    before = (tmp_path / "gan.keras").read_bytes()

    def full_disk(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full_disk)
    with pytest.raises(OSError, match="No space left"):
        gan.save(tmp_path / "gan.keras")
    assert (tmp_path / "gan.keras").read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_bad_files_get_a_sentence(tmp_path):
    with pytest.raises(ValueError, match=r"must end in \.keras"):
        small_gan().save(tmp_path / "gan.h5")
    with pytest.raises(FileNotFoundError, match="there is no file"):
        cg.ConditionalGAN.load(tmp_path / "nothing.keras")
    path = tmp_path / "gan.keras"
    small_gan().save(path)
    for damaged in (b"", b"not a model", path.read_bytes()[:5_000]):
        (tmp_path / "damaged.keras").write_bytes(damaged)
        with pytest.raises(ValueError, match="cannot be read as a saved model"):
            cg.ConditionalGAN.load(tmp_path / "damaged.keras")
    cg.build_generator().save(tmp_path / "other.keras")
    with pytest.raises(ValueError, match="not a ConditionalGAN"):
        cg.ConditionalGAN.load(tmp_path / "other.keras")


def test_bad_settings_get_a_sentence():
    gan = small_gan()
    adam = keras.optimizers.Adam
    with pytest.raises(
        ValueError, match="loss is 'hinge'; it must be one of 'minimax', 'non-saturating'"
    ):
        gan.compile(adam(), adam(), loss="hinge")
    with pytest.raises(ValueError, match="mismatched_weight is 1"):
        gan.compile(adam(), adam(), mismatched_weight=1)


def test_generate_matches_the_averaged_generator():
    gan = small_gan()
    latents = gan.draw_latents(2, seed=0)
    expected = gan.averaged_generator([latents, cg.one_hot([6, 1], 10)], training=False)
    np.testing.assert_allclose(gan.generate([6, 1], seed=0), expected, atol=1e-6)


def test_score_is_the_discriminator_logit(few):
    gan = small_gan()
    scores = gan.score(few.images[:4], few.labels[:4])
    rows = cg.one_hot(few.labels[:4], 10)
    np.testing.assert_allclose(scores, gan.discriminator([few.images[:4], rows])[:, 0], atol=1e-6)


def test_snapshots_are_taken_before_and_after_every_epoch(few):
    shown = []
    snapshots = cg.Snapshots(seed=1, show=lambda images, title: shown.append(title))
    gan = small_gan()
    gan.fit(few.batches(32, seed=0), epochs=2, callbacks=[snapshots], verbose=0)
    assert snapshots.epochs == [0, 1, 2] and len(shown) == 3
    assert snapshots.images[0].shape == (10, 28, 28, 1)
    latents = gan.draw_latents(1, seed=1)
    np.testing.assert_array_equal(snapshots.images[-1], gan.generate(range(10), latents=latents))
    assert not np.array_equal(snapshots.images[0], snapshots.images[1])


def test_a_nan_stops_the_run_and_says_why(few, capsys):
    gan = small_gan()
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
