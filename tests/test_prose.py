"""What 02 and 03 say is what their saved cells printed, or follows from the networks.

And their checks find what is wrong with a network, whatever it is.
"""

import re

import books
import keras
import numpy as np
import pytest
from keras import layers

import cgan_utils as cg

D, G = "02_discriminator", "03_generator"


def printed(name, start):
    """Give what follows in the one saved line that begins like this."""
    lines = map(str.strip, books.printed_by(name))
    (found,) = [line for line in lines if line.startswith(start)]
    return found.removeprefix(start)


def numbers(name, start):
    found = re.findall(r"\d[\d,]*\.?\d*", printed(name, start))
    return np.array([float(number.replace(",", "")) for number in found])


def yes(training):
    """Percent of real pairs, of random pixels and of mismatched pairs that this D believes."""
    return numbers(D, f"trained {training} mismatched pairs, yes to:")


def outputs_of(network):
    return {layer.name: np.prod(layer.output.shape[1:]) for layer in network.layers}


def where_most_is(network):
    """The layers with most weights, most multiply-adds and most outputs."""
    work, outputs = cg.multiply_adds(network), outputs_of(network)
    weights = {name: network.get_layer(name).count_params() for name in work}
    return [max(counts, key=counts.get) for counts in (weights, work, outputs)]


CLAIMS_02 = {
    "bright band, about three rows high": lambda: (
        np.sum(cg.LabelPlanes(True)(np.zeros((1, 28, 28, 1)), cg.one_hot([6], 10))[..., 5])
        == pytest.approx(3 * 28, rel=0.1)
    ),
    "None of the three: not one of its 128 features differs": lambda: [
        numbers(D, f"{pair}  features that differ: published")[:2] == [0, 128]
        for pair in ("1  and +8 px", "1  and two  ", "17 and 71   ")
    ],
    "the last layers compute eleven numbers": lambda: (
        outputs_of(cg.build_discriminator())["realness"]
        + outputs_of(cg.build_discriminator())["match"]
        == 11
    ),
    "Random pixels are easy for both": lambda: [yes("without")[1] == 0, yes("with")[1] == 0],
    "real digits get a large yes, with their own label or another": lambda: (
        yes("without")[[0, 2]] > 99
    ),
    "wrong labels moved to the other side of 0, most of them": lambda: yes("with")[2] < 30,
    "$D$ says 0.99 or more to everything": lambda: (
        numbers(D, "without mismatched pairs: D(x|y) from") >= 0.99
    ),
    "believes a wrong label most where two digits resemble each other": lambda: (
        {*numbers(D, "with mismatched pairs: most believed, a")[:2]} in ({4, 9}, {3, 5}, {7, 9})
    ),
    "The mean of all the test 3s, a blur": lambda: printed(D, "it likes best: ") == "mean of 3s",
}

CLAIMS_03 = {
    "Gray, with a faint texture": lambda: (
        abs(numbers(G, "shape (10, 28, 28, 1), pixels") - 0.5) < 0.1
    ),
    "From 30 for the 1s up to 64": lambda: [
        numbers(G, "directions that hold nine tenths of the variance of a class:")[1] == 30,
        numbers(G, "directions that hold nine tenths of the variance of a class:").min() == 30,
        numbers(G, "directions that hold nine tenths of the variance of a class:").max() == 64,
    ],
    "The sums are those of a transposed convolution": lambda: (
        printed(G, "the same image: ") == "True"
    ),
    "What differs is the time": lambda: numbers(G, "dealt out ")[0] < numbers(G, "transposed ")[0],
    "Most weights sit at the beginning. Most of the work is done, and most numbers are kept": (
        lambda: where_most_is(cg.build_published_generator()) == ["dense", "to_28x28", "to_28x28"]
    ),
    "The class mean, whatever the latent": lambda: (
        numbers(G, "variance of a pixel over real digits of a class:")
        > 20 * numbers(G, "variance of a pixel over 20 latents:")[-1]
    ),
    "the loss has two parts": lambda: (
        numbers(G, "how digits of a class differ:") + numbers(G, "how far G is from the mean:")
        == pytest.approx(100, abs=0.011)
    ),
    "Higher, about twice as high": lambda: (
        numbers(G, "of another digit of the class:") / numbers(G, "of the class mean:")
        == pytest.approx(2, abs=0.1)
    ),
    "it condemns the blur": lambda: [
        numbers(G, "real digits ")[0] > 90,
        numbers(G, "G's ")[0] < 5,
    ],
    "it can be fooled": lambda: numbers(G, "G's, rounded")[0] == 100,
}


@pytest.mark.parametrize(
    ("name", "sentence", "holds"),
    [
        (name, sentence, holds)
        for name, claims in ((D, CLAIMS_02), (G, CLAIMS_03))
        for sentence, holds in claims.items()
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_sentence_is_there_and_holds(name, sentence, holds):
    assert sentence in books.prose_of(name)
    assert np.all(holds())


# Their checks


def look_at(name):
    """Give the notebook's own function that looks at a network."""
    (source,) = [cell.source for cell in books.cells_of(name) if "def look_at" in cell.source]
    digits = cg.load_images("mnist", "test")
    given = {"np": np, "keras": keras, "rng": np.random.default_rng(0)}
    given |= {"digits": digits, "images": digits.images[655:656]}
    exec(source, given)
    return given["look_at"]


def discriminator(see=lambda x: x, judge=lambda x: x, outputs=1, filters=64, planes=True):
    image, label = keras.Input((28, 28, 1)), keras.Input((10,))
    x = cg.LabelPlanes()(image, label) if planes else image
    x = see(layers.Conv2D(filters, 4, strides=4)(x))
    return keras.Model([image, label], judge(layers.Dense(outputs)(layers.Flatten()(x))))


def generator(paint=keras.ops.sigmoid, latents=64, width=100, use=(0, 1)):
    inputs = [keras.Input((latents,)), keras.Input((10,))]
    x = layers.Concatenate()([inputs[i] for i in use]) if len(use) > 1 else inputs[use[0]]
    x = layers.Dense(28 * 28)(layers.ReLU()(layers.Dense(width)(x)))
    return keras.Model(inputs, paint(layers.Reshape((28, 28, 1))(x)))


@pytest.mark.parametrize(
    ("name", "network", "says"),
    [
        (D, discriminator, None),
        (D, lambda: discriminator(outputs=2), "ends in one number"),
        (D, lambda: discriminator(planes=False, filters=300), "another label"),
        (D, lambda: discriminator(judge=keras.ops.sigmoid), "no limits"),
        (D, lambda: discriminator(judge=keras.ops.tanh), "no limits"),
        (D, lambda: discriminator(see=keras.ops.stop_gradient), "every layer"),
        (D, lambda: discriminator(filters=2), "parameters"),
        (G, generator, None),
        (G, lambda: generator(latents=63), "takes a latent (64,)"),
        (G, lambda: generator(use=(0,)), "another label"),
        (G, lambda: generator(use=(1,)), "another latent"),
        (G, lambda: generator(paint=lambda x: x), "between 0 and 1"),
        (G, lambda: generator(paint=keras.ops.tanh), "between 0 and 1"),
        (G, lambda: generator(width=20), "parameters"),
    ],
)
def test_the_check_finds_what_is_wrong(name, network, says):
    keras.utils.set_random_seed(0)
    found = look_at(name)(network())
    assert says in found[0] if says else not found
