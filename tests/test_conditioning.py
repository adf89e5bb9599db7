from dataclasses import replace
from functools import partial

import keras
import numpy as np
import pytest
import tensorflow as tf

import cgan_utils as cg
from cgan_utils.losses import GAMES
from cgan_utils.settings import seeded

ROWS = cg.one_hot([6, 1], 10)
IMAGES = np.random.default_rng(0).random((2, 28, 28, 1)).astype("float32")
ALL_LABELS = np.eye(10, dtype="float32")


def build(way):
    with seeded(0):
        return cg.WAYS[way].build_discriminator(10, (28, 28, 1))


def answers_to_all_labels(network):
    return np.asarray(network([np.repeat(IMAGES[:1], 10, axis=0), ALL_LABELS]))


def output_of(network, layer, inputs):
    return np.asarray(keras.Model(network.inputs, network.get_layer(layer).output)(inputs))


# Discriminators


@pytest.mark.parametrize(
    ("way", "parameters", "numbers"),
    [
        ("none", 109_281, 1),
        ("planes", 114_401, 1),
        ("striped", 114_401, 1),
        ("embedding", 117_633, 1),
        ("projection", 129_761, 1),
        ("auxiliary", 129_771, 2),
    ],
)
def test_discriminators_differ_in_the_way_in_alone(way, parameters, numbers):
    network, quick = build(way), cg.build_discriminator()
    assert network.count_params() == parameters
    assert network([IMAGES, ROWS]).shape == (2, numbers)
    for name in ("conv_1", "conv_2", "conv_3", "leaky_relu_1", "leaky_relu_3", "features"):
        assert network.get_layer(name).get_config() == quick.get_layer(name).get_config()


@pytest.mark.parametrize("way", ["planes", "striped", "embedding", "projection"])
def test_every_label_gets_another_logit(way):
    logits = answers_to_all_labels(build(way))
    assert len(np.unique(np.round(logits, 6))) == 10


def test_no_condition_is_blind_to_the_label():
    assert len(np.unique(answers_to_all_labels(build("none")))) == 1


def test_auxiliary_looks_at_the_label_in_its_second_answer_alone():
    logits, log_likelihoods = answers_to_all_labels(build("auxiliary")).T
    assert len(np.unique(logits)) == 1
    # The log-likelihoods of all labels are those of one classifier.
    assert len(np.unique(log_likelihoods)) == 10
    assert np.exp(log_likelihoods).sum() == pytest.approx(1, abs=1e-5)


def test_striped_planes_are_the_published_band():
    stack = output_of(build("striped"), "label_planes", [IMAGES, ROWS])
    published = np.repeat(ROWS[:, :, None, None], 28 * 28).reshape(-1, 28, 28, 10)
    np.testing.assert_array_equal(stack, np.concatenate([IMAGES, published], axis=-1))


def test_planes_are_the_right_ones():
    stack = output_of(build("planes"), "label_planes", [IMAGES, ROWS])
    right = np.broadcast_to(ROWS[:, None, None, :], (2, 28, 28, 10))
    np.testing.assert_array_equal(stack, np.concatenate([IMAGES, right], axis=-1))


def test_embedding_is_one_learned_map_a_class():
    network = build("embedding")
    stack = output_of(network, "image_and_map", [IMAGES, ROWS])
    maps = network.get_layer("label_embedding").get_weights()[0].reshape(10, 28, 28, 1)
    np.testing.assert_array_equal(stack, np.concatenate([IMAGES, maps[[6, 1]]], axis=-1))


# Seven recipes


def test_the_ways_are_the_quick_recipe_but_for_the_way_in():
    quick = vars(cg.RECIPES["quick"])
    changed = {
        way: {name for name, value in vars(recipe).items() if value != quick[name]}
        for way, recipe in cg.WAYS.items()
    }
    d, pairs = "build_discriminator", "mismatched_weight"
    assert changed == {
        "none": {d, pairs},  # pairs could teach it nothing
        "planes": {d},
        "striped": {d},
        "embedding": {d},
        "projection": set(),
        "auxiliary": {d, pairs, "game", "classes_only"},
        "conditional norm": {"build_generator"},
    }


@pytest.fixture(scope="module")
def shapes():
    """Made-up color images of three classes."""
    rng = np.random.default_rng(0)
    classes = cg.Classes(("round", "square", "star"))
    images = rng.random((32, 16, 16, 3), np.float32)
    return cg.LabeledImages(images, rng.integers(0, 3, 32), classes, "32 made-up images")


@pytest.mark.parametrize("way", cg.WAYS)
def test_every_way_trains_on_color_images_of_three_classes_and_comes_back(way, shapes, tmp_path):
    gan = cg.train(cg.WAYS[way], shapes, epochs=1)
    assert all(np.isfinite(losses[-1]) for losses in gan.history.history.values())
    images = gan.generate(range(3), seed=1)
    assert images.shape == (3, 16, 16, 3) and images.std() > 0
    gan.save(tmp_path / "gan.keras")
    again = cg.ConditionalGAN.load(tmp_path / "gan.keras")
    assert again.condition == shapes.condition and again.game == gan.game
    np.testing.assert_array_equal(again.generate(range(3), seed=1), images)
    np.testing.assert_array_equal(
        again.score(shapes.images, shapes.labels), gan.score(shapes.images, shapes.labels)
    )


def tinted(image, label):
    """A way in of one's own: the image times a learned number for each class and channel."""
    shade = keras.layers.Dense(image.shape[-1], use_bias=False, name="shade")(label)
    return image * keras.layers.Reshape((1, 1, image.shape[-1]))(shade)


@pytest.mark.parametrize("data", ["few", "shapes"])
def test_a_new_way_takes_one_entry(data, request):
    data = request.getfixturevalue(data)
    build_d = partial(cg.build_conditioned_discriminator, way_in=tinted)
    gan = cg.train(replace(cg.RECIPES["quick"], build_discriminator=build_d), data, epochs=1)
    image, labels = data.images[:1], range(data.condition.width)
    logits = gan.score(np.repeat(image, len(labels), axis=0), labels)
    assert len(np.unique(logits)) == len(labels)  # D looks at the label
    # Linear in the image: each class has its own scale.
    shade = gan.discriminator.get_layer("shade").get_weights()[0]
    see = keras.Model(gan.discriminator.inputs, gan.discriminator.get_layer("conv_1").input)
    row = data.condition.rows([1])
    np.testing.assert_allclose(see([image, row]), image * shade[1], rtol=1e-6)
    assert gan.generate(labels).shape == (len(labels), *data.image_shape)


@pytest.mark.parametrize("data", ["attributes", "classes"])
def test_auxiliary_refuses_what_it_cannot_guess(data, shapes):
    recipe, match = cg.WAYS["auxiliary"], "^the auxiliary game takes no mismatched pairs"
    if data == "attributes":
        labels, condition = np.zeros((32, 2)), cg.Attributes(("round",), {"size": (0, 1)})
        shapes = replace(shapes, labels=labels, condition=condition)
        match = r"^this recipe is for classes, but the data have attributes \(round, size\); take"
    else:
        recipe = replace(recipe, mismatched_weight=0.5)
    with pytest.raises(ValueError, match=match):
        cg.train(recipe, shapes, epochs=1)


# The auxiliary classifier's game


def test_auxiliary_losses_add_the_class_loss():
    outputs = tf.constant([[0.0, np.log(0.5)], [0.0, np.log(0.125)]], tf.float32)
    expected = np.log(2) + (np.log(2) + np.log(8)) / 2  # guessing, and the mean of -log p(y|x)
    for loss in GAMES["auxiliary"][:3]:
        assert float(loss(outputs)) == pytest.approx(expected, abs=1e-6)
    sure = tf.constant([[3.0, 0.0]])
    assert float(GAMES["auxiliary"].real(sure)) == pytest.approx(np.log1p(np.exp(-3)))
    assert float(GAMES["auxiliary"].fake(sure)) == pytest.approx(np.log1p(np.exp(3)))
    assert float(GAMES["auxiliary"].generator(sure)) == pytest.approx(np.log1p(np.exp(-3)))


def test_auxiliary_trains_both_heads(few):
    gan = cg.WAYS["auxiliary"].build(few)
    batch = next(iter(few.batches(32, seed=0)))
    before = gan.discriminator.get_weights()
    fakes, tape = gan.draw_fakes(batch[1])
    gan.discriminator_step(*batch, fakes)
    after = gan.discriminator.get_weights()
    assert not any(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    gan.generator_step(batch[1], fakes, tape)
    assert all(
        np.array_equal(a, b) for a, b in zip(after, gan.discriminator.get_weights(), strict=True)
    )


def test_auxiliary_generator_learns_from_the_class_head_alone(few):
    """With a logit that says the same to all, only the class loss is left to move G."""
    gan = cg.WAYS["auxiliary"].build(few)
    head = gan.discriminator.get_layer("realness")
    head.set_weights([np.zeros_like(w) for w in head.get_weights()])
    before = gan.generator.get_weights()
    rows = next(iter(few.batches(32, seed=0)))[1]
    gan.generator_step(rows, *gan.draw_fakes(rows))
    assert not np.array_equal(before[0], gan.generator.get_weights()[0])


# Conditional batch normalization


@pytest.fixture
def norm():
    layer = cg.ConditionalBatchNormalization()
    layer.build((None, 2, 2, 3), (None, 2))
    return layer


X = np.random.default_rng(0).normal(5, 2, (8, 2, 2, 3)).astype("float32")
TWO = cg.one_hot([0, 1] * 4, 2)


def test_conditional_norm_starts_as_plain_normalization(norm):
    plain = keras.layers.BatchNormalization()
    for training in (True, False):
        np.testing.assert_allclose(
            norm(X, TWO, training=training), plain(X, training=training), atol=1e-5
        )


def test_each_class_has_its_scale_and_shift(norm):
    plain = np.asarray(norm(X, TWO, training=True))
    scale, shift = np.array([[1, 2, 3], [4, 5, 6.0]]), np.array([[0, 1, 0], [-1, 0, 7.0]])
    norm.scale.set_weights([scale - 1])
    norm.shift.set_weights([shift])
    result = np.asarray(norm(X, TWO, training=True))
    for label in (0, 1):
        mine = TWO[:, label] == 1
        np.testing.assert_allclose(result[mine], plain[mine] * scale[label] + shift[label], 1e-5)
    half = np.full((8, 2), 0.5, "float32")
    np.testing.assert_allclose(
        norm(X, half, training=True), plain * scale.mean(axis=0) + shift.mean(axis=0), atol=1e-4
    )


def test_conditional_norm_generator(tmp_path):
    with seeded(0):
        network = cg.build_conditional_norm_generator()
    assert network.count_params() == 271_364
    latents = np.zeros((2, 64), "float32") + 0.1
    images = np.asarray(network([latents, ROWS]))
    assert images.shape == (2, 28, 28, 1) and 0 <= images.min() <= images.max() <= 1
    np.testing.assert_array_equal(images[0], images[1])  # scale 1, shift 0 for all classes
    scale = network.get_layer("norm_2").scale
    scale.set_weights([np.random.default_rng(0).normal(1, 0.5, (10, 64))])
    images = np.asarray(network([latents, ROWS]))
    assert abs(images[0] - images[1]).max() > 1e-4  # now the label has come in
    network.save(tmp_path / "g.keras")
    again = keras.models.load_model(tmp_path / "g.keras")
    np.testing.assert_array_equal(again([latents, ROWS]), images)


def test_conditional_norm_generator_trains_and_is_averaged(few):
    gan = cg.WAYS["conditional norm"].build(few)
    before = gan.averaged_generator.get_layer("norm_1").scale.get_weights()[0]
    gan.fit(few.batches(32, seed=0), epochs=1, verbose=0)
    after = gan.averaged_generator.get_layer("norm_1").scale.get_weights()[0]
    assert (before == 0).all() and not np.array_equal(before, after)


def test_a_row_of_zeros_scales_nothing_away():
    """As of attributes that are all at their lowest: the noise must get through."""
    generator = cg.Sampler(
        cg.build_conditional_norm_generator(2, (16, 16, 3)), cg.Attributes(("hat", "beard"))
    )
    images = generator.generate({"hat": np.zeros(8)}, seed=1)
    assert images.std(axis=0).max() > 1e-3
