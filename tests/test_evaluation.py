"""Evaluation of generators that are good, or bad in a way we know."""

from dataclasses import replace

import keras
import matplotlib.pyplot as plt
import numpy as np
import pytest

import cgan_utils as cg
from cgan_utils import evaluation
from cgan_utils.sampler import generated_images

DIGITS, CLOTHES = (cg.DATASETS[name].condition for name in ("mnist", "fashion_mnist"))


class FromImages:
    """A generator that hands out given images: of each class the first ones, again and again."""

    condition = DIGITS

    def __init__(self, images, labels, shift=0):
        self.by_class = [images[labels == label] for label in np.roll(range(10), -shift)]

    def generate(self, labels, seed=0):
        images = np.empty((len(labels), 28, 28, 1), np.float32)
        for label, pool in enumerate(self.by_class):
            wanted = labels == label
            images[wanted] = pool[np.arange(wanted.sum()) % len(pool)]
        return images


class Broken:
    """A generator of whatever `make` gives for a shape."""

    def __init__(self, make, condition=DIGITS):
        self.make, self.condition = make, condition

    def generate(self, labels, seed=0):
        return self.make((len(labels), 28, 28, 1))


@pytest.fixture(scope="module")
def judge():
    return cg.Judge("mnist")


@pytest.fixture(scope="module")
def held_out():
    return cg.load_images("mnist", "test")


def test_real_digits_score_like_real_digits(digits, judge):
    scores = cg.evaluate(FromImages(digits.images, digits.labels), 3_000, judge=judge)
    assert scores.conditional_accuracy > 0.99 and scores.ceiling == 0.9935
    assert scores.frechet_distance < 2 * scores.floor
    assert abs(scores.kernel_distance) < 2 * scores.kernel_spread
    assert abs(scores.kernel_floor) < 2 * scores.kernel_spread
    for name in ("variety", "precision", "recall", "density", "coverage"):
        assert scores.per_class[name] == pytest.approx(scores.real[name], abs=0.2), name
        assert scores.per_class[name].shape == (10,)
    assert np.trace(scores.table) == pytest.approx(3_000 * scores.conditional_accuracy)
    # Real images against as many others: the theory of identical distributions.
    assert scores.real["coverage"].mean() == pytest.approx(1 - 2**-5, abs=0.02)
    assert scores.real["variety"].mean() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("samples", [1_000, 10_000])
def test_fakes_and_real_images_are_measured_with_the_same_number(monkeypatch, judge, samples):
    seen = []

    def count(real, fake):
        seen.append((len(real), len(fake), real[0, 0]))
        return {"images": len(fake)}

    monkeypatch.setattr(evaluation, "MEASURES", (count,))
    scores = cg.evaluate(Broken(lambda shape: np.zeros(shape, np.float32)), samples, judge=judge)
    np.testing.assert_array_equal(scores.per_class["images"], scores.real["images"])
    assert all(a == b for a, b, _ in seen)
    assert [x for *_, x in seen[::2]] == [x for *_, x in seen[1::2]]  # against the same real ones
    asked = scores.table.sum(axis=1)
    halves = np.bincount(judge.reference.labels) // 2
    np.testing.assert_array_equal(scores.real["images"], np.minimum(asked, halves))


def test_swapped_labels_are_caught(digits, judge):
    scores = cg.evaluate(FromImages(digits.images, digits.labels, shift=1), 1_000, judge=judge)
    assert scores.conditional_accuracy < 0.01
    assert (scores.table.argmax(axis=1) == (np.arange(10) + 1) % 10).all()
    # Precision not always: one odd real image with a far neighbor can take in a whole wrong class.
    assert max(scores.per_class["density"]) < 0.2 and max(scores.per_class["coverage"]) < 0.1
    assert scores.frechet_distance < 3 * scores.floor  # blind to labels


def test_one_perfect_image_a_class_is_caught(digits, judge):
    firsts = [np.flatnonzero(digits.labels == label)[0] for label in range(10)]
    scores = cg.evaluate(FromImages(digits.images[firsts], np.arange(10)), 1_000, judge=judge)
    assert scores.conditional_accuracy == 1  # blind to variety
    assert scores.per_class["variety"] == pytest.approx(np.zeros(10), abs=1e-3)
    assert max(scores.per_class["recall"]) < 0.1 and max(scores.per_class["coverage"]) < 0.5
    assert scores.frechet_distance > 10 * scores.floor


@pytest.fixture(scope="module")
def shipped(judge):
    """What both judges say of the generator that the package ships."""
    generator = cg.load_pretrained("mnist")
    return [cg.evaluate(generator, 2_000, judge=name) for name in (judge, "mnist_second")]


def test_the_shipped_generator_obeys_and_the_second_judge_agrees(shipped):
    first, second = shipped
    assert (first.judge, second.judge) == ("mnist", "mnist_second")
    assert min(first.conditional_accuracy, second.conditional_accuracy) > 0.99
    assert second.per_class is second.real is second.kernel_distance is second.kernel_spread is None
    assert 0 < second.floor < second.frechet_distance


def test_obedience_is_one_and_disobedience_zero(digits):
    obeys, swaps = (FromImages(digits.images, digits.labels, shift) for shift in (0, 1))
    assert cg.conditional_accuracy(obeys, per_class=20) > 0.98
    assert cg.conditional_accuracy(swaps, per_class=20) < 0.02


def test_a_fashion_generator_is_judged_by_the_fashion_judge_without_being_told():
    clothes = cg.load_pretrained("fashion_mnist")
    assert cg.conditional_accuracy(clothes) == pytest.approx(0.9, abs=0.05)
    scores = cg.evaluate(clothes, 1_000)
    assert "judge 'fashion_mnist'" in repr(scores) and scores.judge == "fashion_mnist"
    assert scores.conditional_accuracy == pytest.approx(0.9, abs=0.05)


def test_floors_are_those_of_the_reference_and_lie_between_them_else(judge):
    generator = Broken(lambda shape: np.random.default_rng(0).random(shape, np.float32))
    floors = [cg.evaluate(generator, n, judge=judge).floor for n in (1_000, 1_500)]
    known = judge.reference.floors
    assert floors[0] == known[1_000]
    share = (1 / 1_500 - 1 / 2_000) / (1 / 1_000 - 1 / 2_000)
    assert floors[1] == pytest.approx(known[2_000] + share * (known[1_000] - known[2_000]))


def test_all_labels_are_those_of_the_test_images_and_fewer_depend_on_the_seed(judge):
    asked = []

    class Listens:
        condition = DIGITS

        def generate(self, labels, seed):
            asked.append((labels, seed))
            raise InterruptedError

    for samples, seed in ((10_000, 3), (1_000, 3), (1_000, 3), (1_000, 4)):
        with pytest.raises(InterruptedError):
            cg.evaluate(Listens(), samples, seed, judge)
    np.testing.assert_array_equal(asked[0][0], judge.reference.labels)
    np.testing.assert_array_equal(asked[1][0], asked[2][0])
    assert (asked[1][0] != asked[3][0]).any() and [seed for _, seed in asked] == [3, 3, 3, 4]


def test_scores_print_and_plot(shipped):
    for scores in shipped:
        lines = repr(scores).splitlines()
        assert lines[0] == f"2,000 generated images, seed 0, judge '{scores.judge}'"
        assert len(lines) == (10 if scores.per_class else 4) and max(map(len, lines)) < 80
        assert f"{scores.conditional_accuracy:.2%}" in lines[2]
        assert f"{scores.floor:.3f}" in lines[3]
        figure = cg.plot_scores(scores)
        figure.canvas.draw()
        assert len(figure.axes) == (7 if scores.per_class else 1)
        assert figure.axes[0].get_ylabel() == "asked for"
        titles = [ax.get_title() for ax in figure.axes[1:]]
        assert titles == [name.replace("_", " ") for name in scores.per_class or ()]
        plt.close(figure)


def test_a_measure_more_is_reported_printed_and_drawn(monkeypatch, digits, judge):
    def fakes_a_real_one(real, fake):
        return {"fakes_a_real_one": len(fake) / len(real)}

    monkeypatch.setattr(evaluation, "MEASURES", (*evaluation.MEASURES, fakes_a_real_one))
    scores = cg.evaluate(FromImages(digits.images, digits.labels), 1_000, judge=judge)
    # As many fakes as real images of each class; of each half of the test images, about as many.
    assert scores.per_class["fakes_a_real_one"].tolist() == [1] * 10
    assert scores.real["fakes_a_real_one"] == pytest.approx(np.ones(10), abs=0.2)
    assert repr(scores).splitlines()[-1].split()[:5] == ["fakes", "a", "real", "one", "1.00"]
    figure = cg.plot_scores(scores)
    assert figure.axes[-1].get_title() == "fakes a real one" and len(figure.axes) == 8
    assert [bar.get_height() for bar in figure.axes[-1].patches] == [1] * 10
    plt.close(figure)


# Bad input


@pytest.mark.parametrize(
    "make, text",
    [
        (lambda shape: np.zeros(shape[:3]), r"have shape \(1000, 28, 28\); give an array \(1000, "),
        (lambda shape: np.zeros((5, *shape[1:])), r"have shape \(5, 28, 28, 1\); give an array"),
        (lambda shape: np.full(shape, np.nan), "images contain NaN or infinity; .* train it anew"),
        (lambda shape: np.full(shape, -1.0), r"range from -1 to -1; give pixels in \[0, 1\]"),
        (lambda shape: np.full(shape, 255, np.uint8), r"are uint8; give floats in \[0, 1\]"),
        (lambda shape: np.zeros((shape[0], 14, 14, 1)), r"14, 14, 1\); give an array"),
    ],
)
def test_bad_images_get_a_sentence(judge, held_out, make, text):
    with pytest.raises(ValueError, match=text):
        cg.evaluate(Broken(make), 1_000, judge=judge)
    with pytest.raises(ValueError, match=text):
        cg.memorization(Broken(make), held_out, held_out)


@pytest.mark.parametrize("samples", [0, 999, 10_001, 2_000.0, True])
def test_a_bad_number_of_samples_gets_a_sentence(judge, samples):
    text = f"samples is {samples}; give a whole number from 1,?000 to 10,000"
    with pytest.raises(ValueError, match=text):
        cg.evaluate(cg.load_pretrained(), samples, judge=judge)


def never(shape):
    raise AssertionError("asked for images before the conditions were looked at")


@pytest.mark.parametrize("measure", [cg.evaluate, cg.conditional_accuracy])
@pytest.mark.parametrize(
    ("generator", "judge", "text"),
    [
        (
            cg.build_generator(),
            None,
            "^a Functional has no condition; give it one, such as digits.",
        ),
        (cg.Sampler(cg.build_generator()), None, r"^no judge knows what .* \(class 0, class 1, "),
        (
            Broken(never, cg.Classes(tuple("abc"))),
            None,
            r"^no judge knows what .* draws \(a, b, c\); name",
        ),
        (
            Broken(never, cg.Classes(tuple("abc"))),
            "mnist",
            "^the generator's number of classes is 3, but the judge 'mnist' knows 10; evaluate a",
        ),
        (Broken(never), 5, "^there is no judge 5; there is 'mnist', "),
    ],
)
def test_a_generator_that_no_judge_knows_gets_a_sentence(measure, generator, judge, text):
    with pytest.raises(ValueError, match=text):
        measure(generator, judge=judge)


def test_numbered_classes_are_judged_by_a_judge_that_is_named(digits):
    generator = FromImages(digits.images, digits.labels)
    generator.condition = cg.Classes.numbered(10)
    assert cg.conditional_accuracy(generator, per_class=20, judge="mnist") > 0.98


# Memorization


def test_a_few_copies_are_found_among_many_new_images_but_not_by_the_share(digits, held_out):
    images = held_out.images.copy()
    images[::10] = digits.images[:: len(digits.images) // 100]  # of the same classes, in order
    found = cg.memorization(FromImages(images, held_out.labels), digits, held_out)
    assert found.near == pytest.approx(0.1 + 0.9 * 0.01, abs=0.005)
    assert found.share < 0.56
    none = cg.memorization(FromImages(held_out.images, held_out.labels), digits, held_out)
    assert none.near == 0.01


def test_copies_that_were_moved_are_found_where_moves_are_undone(digits, held_out):
    moved = FromImages(np.roll(digits.images, (1, -1), axis=(1, 2)), digits.labels)
    missed, found = (cg.memorization(moved, digits, held_out, moved=m) for m in (0, 1))
    assert missed.share < 0.6 and missed.near < 0.05
    assert found.share > 0.999 and found.near > 0.95  # some lost a pixel at the edge
    np.testing.assert_array_equal(found.pairs[:, 0], found.pairs[:, 1])
    with pytest.raises(ValueError, match="^moved is 6; give a whole number from 0 to 5"):
        cg.memorization(moved, digits, held_out, moved=6)


def test_copies_are_caught(digits, held_out):
    found = cg.memorization(FromImages(digits.images, digits.labels), digits, held_out, pairs=4)
    assert found.share == 1 and not found.fakes.any() and found.held_out.min() > 0
    assert found.pairs.shape == (4, 2, 28, 28, 1)
    np.testing.assert_array_equal(found.pairs[:, 0], found.pairs[:, 1])


def test_digits_that_training_never_saw_are_no_copies(digits, held_out):
    found = cg.memorization(FromImages(held_out.images, held_out.labels), digits, held_out)
    assert found.share == 0.5  # the very same distances
    distances = np.linalg.norm((found.pairs[:, 0] - found.pairs[:, 1]).reshape(10, -1), axis=1)
    np.testing.assert_allclose(distances, np.sort(found.fakes)[:10], rtol=1e-5)


def test_noise_is_farther_than_any_digit(digits, held_out):
    noise = Broken(lambda shape: np.random.default_rng(0).random(shape, np.float32))
    assert cg.memorization(noise, digits, held_out).share == 0


def test_held_out_images_from_training_get_a_sentence(digits):
    generator = FromImages(digits.images, digits.labels)
    with pytest.raises(ValueError, match="most held-out images are training images themselves"):
        cg.memorization(generator, digits, digits)


@pytest.mark.parametrize(
    ("generator", "data", "text"),
    [
        (
            Broken(never, CLOTHES),
            lambda held_out: held_out,
            r"^the condition of the generator is Classes\(names=\('T-shirt/top', .*, but that of "
            r"the images it is held against is Classes\(names=\('0', .*; give both the same, such",
        ),
        (
            cg.build_generator(),
            lambda held_out: held_out,
            "^the condition of the generator is None",
        ),
        (
            Broken(never),
            lambda held_out: replace(held_out, condition=CLOTHES),
            "^the condition of the held-out images is Classes.*'Ankle boot'",
        ),
        (
            Broken(never),
            lambda held_out: replace(held_out, images=held_out.images[:, ::2, ::2]),
            r"^held-out images have shape \(1000, 14, 14, 1\); give an array \(N, 28, 28, 1\)",
        ),
    ],
)
def test_what_cannot_be_held_against_the_training_images_gets_a_sentence(
    digits, held_out, generator, data, text
):
    with pytest.raises(ValueError, match=text):
        cg.memorization(generator, digits, data(held_out))
    with pytest.raises(ValueError, match="^pairs is 0; give a whole number from 1 up"):
        cg.memorization(Broken(never), digits, held_out, pairs=0)


def test_images_with_attributes_are_looked_up_too():
    """Memorization asks for what the held-out images have, whatever that is."""
    rng = np.random.default_rng(0)
    condition = cg.Attributes(("dark",), {"size": (0, 1)})
    rows = np.float32([[1, 0.5], [0, 0.25], [1, 1]])
    train, held_out = (
        cg.LabeledImages(rng.random((3, 8, 8, 3), np.float32), rows, condition, "noise")
        for _ in range(2)
    )
    asked = []

    class Copies:
        def generate(self, rows, seed=0):
            asked.append(rows)
            return train.images

    Copies.condition = condition
    assert cg.memorization(Copies(), train, held_out).share == 1
    np.testing.assert_array_equal(asked, [rows])


def test_generated_images_are_float32():
    images = generated_images(Broken(np.zeros), np.zeros(3, int), 0, 3)
    assert images.dtype == np.float32


# Label use while training


@pytest.fixture
def probe(held_out):
    return cg.LabelUseProbe(held_out.subset(slice(None, None, 20), "50 digits"), samples=30)


def train(discriminator, few, probe):
    gan = cg.ConditionalGAN(cg.build_generator(), discriminator, few.condition)
    optimizers = keras.optimizers.Adam(), keras.optimizers.Adam()
    gan.compile(*optimizers, mismatched_weight=0.5)
    return gan, gan.fit(few.batches(32), epochs=2, callbacks=[probe], verbose=0).history


def test_the_probe_measures_after_each_epoch(few, probe, judge):
    gan, history = train(cg.build_discriminator(), few, probe)
    assert history["label_margin"] == probe.label_margin and len(probe.label_margin) == 2
    assert history["conditional_accuracy"] == probe.conditional_accuracy
    images, labels = probe.held_out.images, probe.held_out.labels
    assert (probe.wrong_labels != labels).all()
    margin = gan.score(images, labels) - gan.score(images, probe.wrong_labels)
    assert probe.label_margin[-1] == pytest.approx(margin.mean(), abs=1e-6) and margin.any()
    wanted = np.tile(np.arange(10), 3)
    accuracy = (judge.recognize(gan.generate(wanted, 0)) == wanted).mean()
    assert probe.conditional_accuracy[-1] == accuracy


def test_the_margin_of_a_discriminator_that_ignores_the_label_is_zero(few, probe):
    image, label = keras.Input((28, 28, 1)), keras.Input((10,))
    logits = keras.layers.Dense(1)(keras.layers.Flatten()(image))
    train(keras.Model([image, label], logits), few, probe)
    assert probe.label_margin == [0, 0]


def test_the_probe_needs_held_out_images_that_fit(few, held_out, probe):
    small = replace(held_out, images=held_out.images[:, ::2, ::2])
    with pytest.raises(
        ValueError, match=r"draws images \(14, 14, 1\), but the judge 'mnist' knows"
    ):
        cg.LabelUseProbe(small)
    attributes = replace(held_out, labels=np.zeros((1_000, 1)), condition=cg.Attributes(("dark",)))
    with pytest.raises(
        ValueError, match=r"^no judge knows what this generator draws \(dark\); name one"
    ):
        cg.LabelUseProbe(attributes)
    with pytest.raises(ValueError, match="^samples is 0; give a whole number from 1 up"):
        cg.LabelUseProbe(held_out, samples=0)


def test_a_model_of_other_classes_gets_a_sentence_before_it_trains(few, probe):
    gan = cg.RECIPES["quick"].build(replace(few, condition=cg.Classes.numbered(10)))
    with pytest.raises(ValueError, match=r"^the condition of the model is Classes.*'class 0'"):
        gan.fit(few.batches(32), epochs=1, callbacks=[probe], verbose=0)
    assert int(gan.d_optimizer.iterations) == 0 and probe.label_margin == []


def test_a_judge_of_another_data_set_is_refused():
    clothes = cg.load_pretrained("fashion_mnist")
    for measure in (cg.evaluate, cg.conditional_accuracy):
        with pytest.raises(
            ValueError, match="draws Fashion-MNIST, which the judge 'mnist' does not"
        ):
            measure(clothes, judge="mnist")
