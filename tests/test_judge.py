import json

import numpy as np
import pytest

import cgan_utils as cg
from cgan_utils import judge, metrics, pretrained

MNIST_TEST = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


class FromRealDigits:
    """A generator with a known answer: real digits of the class that lies `shift` after the one asked for."""

    classes = 10

    def __init__(self, digits, shift=0):
        self.digits, self.shift = digits, shift

    def generate(self, labels, seed=0):
        rng = np.random.default_rng(seed)
        wanted = (np.asarray(labels) + self.shift) % 10
        return np.stack(
            [
                self.digits.images[rng.choice(np.flatnonzero(self.digits.labels == k))]
                for k in wanted
            ]
        )


def test_the_judge_knows_digits(digits):
    # These are among the images it was trained on; its card has the figure for MNIST's 10,000 test images.
    probabilities = cg.Judge().probabilities(digits.images)
    assert probabilities.shape == (4_000, 10)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    assert (probabilities.argmax(axis=1) == digits.labels).mean() > 0.99


def test_obedience_is_one_and_disobedience_zero(digits):
    assert cg.conditional_accuracy(FromRealDigits(digits), per_class=20) > 0.98
    assert cg.conditional_accuracy(FromRealDigits(digits, shift=1), per_class=20) < 0.02


@pytest.mark.parametrize("name, least", [("mnist", 0.993), ("mnist_second", 0.993)])
def test_the_card_says_what_the_judge_is(name, least):
    card = json.loads((pretrained.WEIGHTS / f"judge_{name}.json").read_text())
    assert card["parameters"] == judge.JUDGES[name]().count_params()
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


def test_an_unknown_judge_gets_a_sentence():
    with pytest.raises(ValueError, match="there is no judge 'faces'; there is 'mnist', 'mnist_sec"):
        cg.Judge("faces")
