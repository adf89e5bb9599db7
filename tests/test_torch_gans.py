"""The peers in PyTorch compute what the package computes, where PyTorch is installed."""

import json

import numpy as np
import pytest

import cgan_utils as cg
import common
import peers

torch = pytest.importorskip("torch")
torch_gans = pytest.importorskip("torch_gans")
copy_weights = pytest.importorskip("torch_weights").copy_weights

RECIPES = {
    "published": common.PUBLISHED,
    "published_striped": common.STRIPED,
    "quick": cg.RECIPES["quick"],
}
STEPS = 1_000  # of a budget, over which learning rates fall
both = pytest.mark.parametrize("name", RECIPES)


@pytest.fixture(scope="module")
def digits():
    return cg.load_images("mnist", "train", "sample")


@pytest.fixture
def pair(name, digits):
    """The package's GAN and its peer, with the same weights."""
    gan, peer = RECIPES[name].build(digits, seed=3, steps=STEPS), torch_gans.PEERS[name](seed=0)
    copy_weights(gan.generator, peer.generator)
    copy_weights(gan.discriminator, peer.discriminator)
    torch._foreach_copy_(peer.averaged, peer.weights)
    assert peer.one_draw is not gan.fresh_fakes  # as in the package
    return gan, peer


def rows_of(peer):
    return np.eye(10, dtype=np.float32)[np.arange(peer.batch_size) % 10]


@both
def test_a_peer_has_the_constants_of_its_recipe(name):
    peer, recipe = torch_gans.PEERS[name], RECIPES[name]
    for ours, theirs in {
        "epochs": "epochs",
        "batch_size": "batch_size",
        "rate": "learning_rate",
        "ema_decay": "ema_decay",
        "mismatched_weight": "mismatched_weight",
    }.items():
        assert getattr(peer, ours) == getattr(recipe, theirs), ours
    assert peer.betas == (recipe.beta_1, recipe.beta_2)


def test_the_command_knows_each_peer_and_its_epochs():
    assert {name: peer.epochs for name, peer in torch_gans.PEERS.items()} == peers.PEERS


@both
def test_first_weights_are_spread_as_in_keras(name, pair):
    gan, _ = pair
    fresh = torch_gans.PEERS[name](seed=0)
    for network, module in (
        (gan.generator, fresh.generator),
        (gan.discriminator, fresh.discriminator),
    ):
        theirs = sorted(
            (w.shape.num_elements(), float(np.std(w))) for w in network.trainable_variables
        )
        ours = sorted((w.numel(), float(w.detach().std(correction=0))) for w in module.parameters())
        assert [count for count, _ in ours] == [count for count, _ in theirs]
        for (count, our), (_, their) in zip(ours, theirs, strict=True):
            assert our == pytest.approx(their, rel=0.5 if count < 5_000 else 0.05), count


@both
@pytest.mark.parametrize("training", [False, True])
def test_networks_give_what_the_packages_give(name, pair, digits, training):
    gan, peer = pair
    rows, latents = rows_of(peer), gan.draw_latents(peer.batch_size, seed=1)
    peer.generator.train(training)
    theirs = np.asarray(gan.generator([latents, rows], training=training))
    images = peer.generator(torch.as_tensor(latents), torch.as_tensor(rows)).detach()
    np.testing.assert_allclose(images.permute(0, 2, 3, 1), theirs, atol=1e-5)
    real = digits.images[:: len(digits.labels) // peer.batch_size][: peer.batch_size]
    logits = peer.discriminator(torch.as_tensor(real).permute(0, 3, 1, 2), torch.as_tensor(rows))
    np.testing.assert_allclose(logits.detach(), gan.score(real, rows), atol=1e-5)


@both
def test_steps_do_what_they_do_in_the_package(name, pair, digits):
    """Losses of steps on the same draws, and then images: gradients, optimizers, average."""
    gan, peer = pair
    images = torch.as_tensor(digits.images).permute(0, 3, 1, 2)
    labels = torch.as_tensor(digits.labels)
    for step in range(3):
        chosen = np.random.default_rng(step).choice(len(labels), peer.batch_size, replace=False)
        rows = cg.one_hot(digits.labels[chosen], 10)
        peer.draw(images, labels, torch.as_tensor(chosen), spent=step / STEPS)
        latents = gan.draw_training_latents(rows).numpy()
        wrong = gan.condition.mismatched(rows, gan.step_seed("mismatched")).numpy()
        if gan.fresh_fakes:  # those of G's step, drawn when D's is done
            count = gan.d_optimizer.iterations
            count.assign_add(1)
            peer.latents[1].copy_(
                torch.as_tensor(gan.draw_training_latents(rows, "generator").numpy())
            )
            count.assign_sub(1)
        peer.latents[0].copy_(torch.as_tensor(latents))
        peer.labels[0].copy_(torch.as_tensor(wrong.argmax(1)))
        peer.losses.zero_()
        peer.step()
        gan.reset_metrics()
        losses = gan.train_on_batch(digits.images[chosen], rows, return_dict=True)
        ours, theirs = peer.losses.numpy(), [losses["d_loss"], losses["g_loss"]]
        # Rounding differs, and grows where the first steps are as long for small gradients.
        np.testing.assert_allclose(ours, theirs, rtol=1e-5 * 10**step)
    theirs = gan.generate(rows, latents=latents)
    if peer.ema_decay:
        own = peer.generator.eval()(torch.as_tensor(latents), torch.as_tensor(rows))
        assert np.abs(own.detach().permute(0, 2, 3, 1).numpy() - theirs).mean() > 0.01
        torch._foreach_copy_(peer.weights, peer.averaged)
    ours = peer.generator.eval()(torch.as_tensor(latents), torch.as_tensor(rows))
    assert np.abs(ours.detach().permute(0, 2, 3, 1).numpy() - theirs).mean() < 1e-3


def test_a_mismatched_label_is_never_the_right_one():
    peer, labels = torch_gans.QuickPeer(), torch.arange(1_000) % 10
    wrong = peer.wrong_or_random(labels)[0]
    assert (wrong != labels).all() and set(wrong.tolist()) == set(range(10))


def test_learning_rates_fall_as_each_peer_has_them_fall():
    rates = {name: torch_gans.PEERS[name]() for name in ("quick", "published", "cdcgan")}
    for peer in rates.values():
        peer.steps = 100_000  # where Adam's averages need no correction
    scaled = {
        name: [round(peer.scaled_rate(spent), 6) for spent in (0, 0.25, 0.5, 0.75)]
        for name, peer in rates.items()
    }
    assert scaled == {
        "quick": [1, 0.75, 0.5, 0.25],
        "published": [1, 1, 1, 1],
        "cdcgan": [1, 1, 0.1, 0.01],
    }


@pytest.fixture(scope="module")
def few(digits):
    images = torch.as_tensor(digits.images[::10]).permute(0, 3, 1, 2)
    return images, torch.as_tensor(digits.labels[::10])


def drawn(folder):
    return {path.name: np.load(path) for path in sorted(folder.glob("*"))}


def test_a_run_leaves_files_of_images_with_what_they_come_from(few, tmp_path):
    run = torch_gans.Run("quick", 4, *few)
    asked = np.arange(3_000) % 10
    torch_gans.train([run], tmp_path, asked, epochs=2, also_at=(1,))
    files = drawn(tmp_path)
    assert list(files) == ["quick_4_12.npz", "quick_4_24.npz"]  # steps of 32 of 400 images
    early, late = files.values()
    assert early["images"].shape == (2_000, 28, 28) and late["images"].shape == (3_000, 28, 28)
    assert late["images"].dtype == np.uint8 and (late["labels"] == asked).all()
    card = json.loads(str(late["card"]))
    assert {"peer": "quick", "seed": 4, "steps": 24, "epochs": 2}.items() <= card.items()
    assert len(card["losses"]) == 2 and run.peer.losses.tolist() == [0, 0]


def test_the_same_seed_gives_the_same_images_and_another_one_others(few, tmp_path):
    images = []
    for number, seed in enumerate((0, 0, 1)):
        run, folder = torch_gans.Run("quick", seed, *few), tmp_path / str(number)
        folder.mkdir()
        torch_gans.train([run], folder, np.arange(20) % 10, epochs=1)
        (file,) = drawn(folder).values()
        images.append(file["images"])
    np.testing.assert_array_equal(images[0], images[1])
    assert (images[0] != images[2]).any()


def test_a_run_stops_when_its_seconds_are_over_or_its_time_is_up(few, tmp_path):
    for limits in ({"seconds": 1e-9}, {"end": 0}):
        run = torch_gans.Run("quick", 0, *few)
        torch_gans.train([run], tmp_path, np.arange(10), **limits)
        assert run.peer.steps <= 1
    assert drawn(tmp_path)


def test_fewer_images_than_a_batch_get_a_sentence(few):
    with pytest.raises(ValueError, match="20 images are fewer than a batch of quick, 32; give"):
        torch_gans.Run("quick", 0, few[0][:20], few[1][:20])


def test_the_convolutional_peer_draws_28_by_28_and_has_random_labels(few):
    peer = torch_gans.CDCGANPeer()
    images = peer.prepare(few[0][:5])
    assert images.shape == (5, 1, 32, 32) and images.min() == -1 and images.max() <= 1
    pixels = peer.generate(np.arange(3))
    assert pixels.shape == (3, 28, 28) and pixels.dtype == np.uint8
    counts = torch.bincount(peer.wrong_or_random(torch.zeros(5_000).long()).flatten())
    assert len(counts) == 10 and counts.min() > 850  # 1,000 expected, of 30 standard deviation
