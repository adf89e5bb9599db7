import json
import shutil

import numpy as np
import pytest

import cgan_utils as cg
from cgan_utils import datasets, files, pretrained


@pytest.fixture
def weights_folder(tmp_path, monkeypatch):
    """A copy of the package's weights, to damage."""
    shutil.copytree(files.SHIPPED, tmp_path / "shipped")
    for module in (files, pretrained):
        monkeypatch.setattr(module, "SHIPPED", tmp_path / "shipped")
    return tmp_path / "shipped"


def test_the_generator_obeys():
    # Its card has the figure for 10,000 samples.
    assert cg.conditional_accuracy(cg.load_pretrained("mnist"), per_class=50) > 0.98


@pytest.mark.parametrize("load", [cg.load_pretrained, cg.load_strip])
def test_an_unknown_name_gets_a_sentence(load):
    with pytest.raises(
        ValueError,
        match="there is no pretrained generator 'cats'; there is 'faces', 'fashion_mnist', 'mnist'",
    ):
        load("cats")


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "faces"])
def test_a_strip_ends_with_what_the_shipped_generator_draws(name):
    strip, generator = cg.load_strip(name), cg.load_pretrained(name)
    examples = generator.condition.examples()
    assert strip.images.shape == (len(strip.epochs), len(examples), *generator.image_shape)
    assert strip.images.min() >= 0 and strip.images.max() <= 1
    assert strip.epochs[0] == 0 and (np.diff(strip.epochs) >= 0).all()
    card = json.loads((files.SHIPPED / f"generator_{name}.json").read_text("utf-8"))
    assert strip.epochs[-1] == card["epochs"]
    drawn = generator.generate(examples, latents=generator.draw_latents(1, seed=0))
    np.testing.assert_allclose(strip.images[-1], drawn, atol=0.005)  # 8-bit pixels


@pytest.mark.parametrize(
    ("name", "judge"),
    [
        ("mnist", "mnist"),
        ("mnist", "mnist_second"),
        ("fashion_mnist", "fashion_mnist"),
        ("faces", "faces"),
        ("faces", "faces_second"),
    ],
)
def test_the_card_says_what_evaluation_finds(name, judge):
    card = json.loads((files.SHIPPED / f"generator_{name}.json").read_text())
    scores = cg.evaluate(cg.load_pretrained(name), judge=judge)
    told = card["judges"][judge]
    assert told["conditional_accuracy"] == pytest.approx(scores.conditional_accuracy, abs=1e-3)
    assert told["frechet_distance"] == pytest.approx(scores.frechet_distance, rel=0.01)
    if "agreement" in told:
        for found, number in zip(scores.agreement, told["agreement"].values(), strict=True):
            assert number == pytest.approx(found, abs=1e-3)


@pytest.mark.parametrize("judge", ["mnist", "mnist_second"])
def test_the_shipped_digits_are_as_good_as_we_want_them(judge):
    card = json.loads((files.SHIPPED / "generator_mnist.json").read_text())
    scores = card["judges"][judge]
    assert scores["conditional_accuracy"] >= 0.995
    assert scores["frechet_distance"] <= 2.5 * scores["frechet_distance_of_real_training_images"]


@pytest.mark.parametrize("judge", ["faces", "faces_second"])  # the second one chose nothing
def test_the_shipped_faces_are_as_good_as_we_want_them(judge):
    scores = json.loads((files.SHIPPED / "generator_faces.json").read_text())["judges"][judge]
    agreement = scores["agreement"]
    assert scores["samples"] == 2_000
    assert min(agreement["accuracy"].values()) >= 0.98 and agreement["all_binary"] >= 0.95
    assert min(agreement["correlation"].values()) >= 0.97
    assert scores["frechet_distance"] <= 3 * scores["frechet_distance_of_real_training_images"]
    assert (files.SHIPPED / "generator_faces.npz").stat().st_size <= 1_600_000


@pytest.mark.parametrize("name", ["judge_mnist", "generator_mnist"])
def test_damaged_weights_get_a_sentence(weights_folder, name):
    path = weights_folder / f"{name}.npz"
    content = bytearray(path.read_bytes())
    content[1_000] ^= 1
    path.write_bytes(content)
    with pytest.raises(
        ValueError, match=f"{name}.npz or its card is damaged; install this package again"
    ):
        cg.Judge() if name == "judge_mnist" else cg.load_pretrained("mnist")


@pytest.mark.parametrize("content", [None, "{", '{"seed": 0}'])
def test_a_damaged_or_missing_card_gets_a_sentence(weights_folder, content):
    card = weights_folder / "generator_mnist.json"
    card.unlink() if content is None else card.write_text(content)
    with pytest.raises(ValueError, match="generator_mnist.npz or its card is damaged; install"):
        cg.load_pretrained("mnist")


def test_weights_that_fit_another_network_get_a_sentence(weights_folder):
    # As when another Keras version orders or shapes a layer's weights in its own way
    files.save_weights(cg.build_discriminator(), "generator_mnist", {})
    message = r"generator_mnist.npz does not fit the network that Keras"
    with pytest.raises(ValueError, match=message):
        cg.load_pretrained("mnist")


def test_arrays_with_code_in_them_are_refused(weights_folder):
    class Trap:
        def __reduce__(self):
            return (open, (str(weights_folder / "sprung"), "w"))

    path = files.save_arrays({"arr_0": np.array([Trap()])}, "generator_mnist", {})
    assert path.exists()
    with pytest.raises(ValueError):
        cg.load_pretrained("mnist")
    assert not (weights_folder / "sprung").exists()


def test_what_is_written_can_be_read(weights_folder, monkeypatch):
    network = cg.build_patient_generator()
    path = files.save_weights(network, "generator_new", {"seed": 0})
    record = datasets.DATASETS["mnist"]
    monkeypatch.setitem(datasets.DATASETS, "new", record)
    loaded = cg.load_pretrained("new").network
    for a, b in zip(network.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert json.loads(path.with_suffix(".json").read_text())["seed"] == 0


def test_the_package_stays_small():
    package = files.SHIPPED.parent
    sizes = [path.stat().st_size for path in package.rglob("*") if "__pycache__" not in path.parts]
    assert max(sizes) <= 2e6 and sum(sizes) <= 12e6
