"""The peers in PyTorch compute what the package computes, where PyTorch is installed."""

import numpy as np
import pytest

import cgan_utils as cg

torch = pytest.importorskip("torch")
torch_gans = pytest.importorskip("torch_gans")
import common  # noqa: E402

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


def copy_weights(network, module):
    """Give a module the weights of a Keras network, layer by layer."""
    for layer in network.layers:
        weights = layer.get_weights()
        if not weights:
            continue
        ours = getattr(module, layer.name.replace("14x14", "14").replace("28x28", "28"))
        if layer.name.startswith("norm"):
            names = "weight", "bias", "running_mean", "running_var"
        else:
            names = "weight", "bias"
            axes = (1, 0) if weights[0].ndim == 2 else (3, 2, 0, 1)
            weights[0] = weights[0].transpose(axes)
        for name, value in zip(names, weights, strict=False):
            getattr(ours, name).data.copy_(torch.as_tensor(value.copy()))


@pytest.fixture
def pair(name, digits):
    """The package's GAN and its peer, with the same weights."""
    gan, peer = RECIPES[name].build(digits, seed=3, steps=STEPS), torch_gans.PEERS[name](seed=0)
    copy_weights(gan.generator, peer.generator)
    copy_weights(gan.discriminator, peer.discriminator)
    torch._foreach_copy_(peer.averaged, peer.weights)
    peer.one_draw = True  # as in the package
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
def test_steps_cost_what_they_cost_in_the_package(name, pair, digits):
    """The losses of five steps on the same draws: so gradients and optimizers agree as well."""
    gan, peer = pair
    images = torch.as_tensor(digits.images).permute(0, 3, 1, 2)
    labels = torch.as_tensor(digits.labels)
    ours, theirs = [], []
    for step in range(5):
        chosen = np.random.default_rng(step).choice(len(labels), peer.batch_size, replace=False)
        rows = cg.one_hot(digits.labels[chosen], 10)
        peer.draw(images, labels, torch.as_tensor(chosen), spent=step / STEPS)
        latents = gan.draw_training_latents(rows).numpy()
        wrong = gan.condition.mismatched(rows, gan.step_seed("mismatched")).numpy()
        peer.latents[0].copy_(torch.as_tensor(latents))
        peer.labels[0].copy_(torch.as_tensor(wrong.argmax(1)))
        peer.losses.zero_()
        peer.step()
        ours.append(peer.losses.numpy().copy())
        gan.reset_metrics()
        losses = gan.train_on_batch(digits.images[chosen], rows, return_dict=True)
        theirs.append([losses["d_loss"], losses["g_loss"]])
    np.testing.assert_allclose(ours[:2], theirs[:2], rtol=1e-4)
    np.testing.assert_allclose(ours, theirs, rtol=3e-3)  # what rounding differs by grows
    average = gan.averaged_generator.get_weights()
    drawing = peer.averaged if peer.ema_decay else peer.weights
    for our, their in zip(
        sorted(float(x.abs().mean()) for x in drawing),
        sorted(float(np.abs(x).mean()) for x in average),
        strict=True,
    ):
        assert our == pytest.approx(their, rel=1e-3, abs=1e-6)
