import copy
import json
import pickle
import re
import subprocess
import sys

import numpy as np
import pytest

import cgan_utils as cg
from cgan_utils import files, judge, metrics

MNIST_TEST = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
IMAGES = np.random.default_rng(0).random((3, 28, 28, 1), np.float32)


def test_the_judge_knows_digits(digits):
    # These are among the images it was trained on; its card has the figure for 10,000 test images.
    probabilities = cg.Judge().probabilities(digits.images)
    assert probabilities.shape == (4_000, 10)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    assert (probabilities.argmax(axis=1) == digits.labels).mean() > 0.99


@pytest.mark.parametrize("name, least", [("mnist", 0.993), ("mnist_second", 0.993)])
def test_the_card_says_what_the_judge_is(name, least):
    card = json.loads((files.SHIPPED / f"judge_{name}.json").read_text("utf-8"))
    assert card["parameters"] == judge.JUDGES[name](10, (28, 28, 1)).count_params()
    assert cg.Judge(name).test_accuracy == card["test_accuracy"] >= least


@pytest.mark.parametrize("name", ["mnist", "mnist_second"])
def test_the_reference_is_of_all_test_images(name):
    reference = cg.Judge(name).reference
    assert np.bincount(reference.labels).tolist() == MNIST_TEST
    assert reference.mean.shape == (128,) and reference.covariance.shape == (128, 128)
    floors = [reference.floors[size] for size in (1_000, 2_000, 5_000, 10_000)]
    assert floors == sorted(floors, reverse=True) and floors[-1] > 0
    if reference.features is not None:
        mean, covariance = metrics.moments(reference.features)
        np.testing.assert_allclose(mean, reference.mean, atol=1e-3)
        np.testing.assert_allclose(covariance, reference.covariance, atol=5e-3)


@pytest.mark.parametrize("name", ["mnist", "mnist_second"])
def test_the_reference_was_seen_by_this_judge(digits, name):
    """Real training digits lie about as far from it as its floor for so many says."""
    few = np.random.default_rng(0).choice(4_000, 2_000, replace=False)
    features, _ = cg.Judge(name).look(digits.images[few])
    reference = cg.Judge(name).reference
    distance = metrics.frechet_distance(reference, metrics.moments(features))
    assert distance < 2 * reference.floors[2_000]


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda judge: pickle.loads(pickle.dumps(judge))]
)
def test_a_copy_of_a_judge_sees_the_same(copied):
    first = cg.Judge("fashion_mnist")
    second = copied(first)
    assert second.name == "fashion_mnist"
    for one, other in zip(first.look(IMAGES), second.look(IMAGES), strict=True):
        np.testing.assert_array_equal(one, other)


# Which judge


def test_the_judge_is_that_of_the_generators_data_set():
    for name in ("mnist", "fashion_mnist"):
        assert cg.Judge.of(cg.load_pretrained(name)).name == name


class Asked:
    def __init__(self, condition):
        self.condition = condition


@pytest.mark.parametrize(
    ("thing", "text"),
    [
        (object(), "^a object has no condition; give it one, such as digits.condition, or wrap"),
        (Asked(10), "^a Asked has no condition; give it one"),
        (
            Asked(cg.Classes.numbered(3)),
            r"^no judge knows what this generator draws \(class 0, class 1, class 2\); name one "
            "with judge=, of 'mnist', 'mnist_second', 'fashion_mnist', 'faces', 'faces_second'",
        ),
        (
            Asked(cg.Attributes(("glasses",), {"gray": (0, 1)})),
            r"^no judge knows what this generator draws \(glasses, gray\); name one with judge=",
        ),
    ],
)
def test_what_no_judge_knows_gets_a_sentence(thing, text):
    with pytest.raises(ValueError, match=text):
        cg.Judge.of(thing)


def test_an_unknown_judge_gets_a_sentence():
    with pytest.raises(ValueError, match="there is no judge 'cats'; there is 'mnist', 'mnist_sec"):
        cg.Judge("cats")


# Bad images, which TensorFlow would answer with an abort of the whole process

NO_IMAGES = [
    (IMAGES[..., 0], "images have shape (3, 28, 28); give an array (N, 28, 28, 1)."),
    (IMAGES[0], "images have shape (28, 28, 1); give an array (N, 28, 28, 1)."),
    (IMAGES[:, ::2, ::2], "images have shape (3, 14, 14, 1); give an array (N, 28, 28, 1)."),
    (np.repeat(IMAGES, 3, -1), "images have shape (3, 28, 28, 3); give an array (N, 28, 28, 1)."),
    (IMAGES[:0], "there are 0 images; give at least 1."),
    (IMAGES * 2 - 1, "; give pixels in [0, 1], such as (x + 1) / 2 of what a tanh draws."),
    (np.uint8(255 * IMAGES), "images are uint8; give floats in [0, 1], as pixels from 0 to 255"),
    (np.where(IMAGES > 0.9, np.nan, IMAGES), "images contain NaN or infinity; if a network drew"),
]


@pytest.mark.parametrize(("images", "text"), NO_IMAGES, ids=lambda value: str(value)[:40])
@pytest.mark.parametrize("ask", [cg.Judge.look, cg.Judge.recognize, cg.Judge.probabilities])
def test_what_is_no_image_gets_a_sentence(ask, images, text):
    with pytest.raises(ValueError, match=re.escape(text)):
        ask(cg.Judge(), images)


def test_images_without_a_channel_end_in_a_sentence_and_not_in_an_abort():
    code = "import cgan_utils as cg, numpy; cg.Judge().recognize(numpy.zeros((3, 28, 28)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 1  # an exception; an abort is -6
    sentence = "ValueError: images have shape (3, 28, 28); give an array (N, 28, 28, 1)."
    assert run.stderr.splitlines()[-1] == sentence


class Refuses:
    condition = cg.Classes(tuple("0123456789"))

    def generate(self, asked, seed=0):
        raise AssertionError("asked for images before the labels were looked at")


@pytest.mark.parametrize(
    ("labels", "text"),
    [
        (np.eye(10), r"labels have shape \(10, 10\) and type float64; give one class index"),
        ([0.5] * 200, r"labels have shape \(200,\) and type float64"),
        ([10] * 200, "Label 10 is not a class: give whole numbers from 0 to 9"),
        ([], r"labels have shape \(0,\) and type float64"),
    ],
)
def test_labels_that_are_no_classes_get_a_sentence(labels, text):
    with pytest.raises(ValueError, match=text):
        cg.Judge().score(Refuses(), labels)
