import json

import numpy as np

import cgan_utils as cg
from cgan_utils import judge, pretrained


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


def test_the_card_says_what_the_judge_is():
    card = json.loads((pretrained.WEIGHTS / "judge_mnist.json").read_text())
    assert card["test_accuracy"] >= 0.993
    assert card["parameters"] == judge.build_judge().count_params()
