"""Classifiers trained on generated images, where what they must learn is known."""

import numpy as np
import pytest

import cgan_utils as cg

STEPS = 120


class FromDigits:
    """A generator that hands out real digits, at random, of the class `shift` after the one asked for."""

    classes = 10

    def __init__(self, digits, shift=0):
        self.digits, self.shift = digits, shift

    def generate(self, labels, seed=0):
        rng = np.random.default_rng(seed)
        pools = [np.flatnonzero(self.digits.labels == label) for label in range(10)]
        return self.digits.images[[rng.choice(pools[(k + self.shift) % 10]) for k in labels]]


@pytest.fixture(scope="module")
def held_out():
    return cg.load_images("mnist", "test")


@pytest.fixture(scope="module")
def poor(digits):
    return cg.make_rare(digits, label=3, count=5)


def test_real_digits_teach_like_real_digits(digits, held_out):
    score = cg.classification_accuracy_score(FromDigits(digits), digits, held_out, STEPS)
    assert score.real > 0.9 and score.fake == pytest.approx(score.real, abs=0.05)


def test_swapped_labels_teach_nonsense(digits, held_out):
    score = cg.classification_accuracy_score(FromDigits(digits, shift=1), digits, held_out, STEPS)
    assert score.fake < 0.05 and score.real > 0.9


def test_one_class_only_teaches_nothing(digits, held_out):
    ones = digits.labels == 1
    only = cg.LabeledImages(
        digits.images[ones], digits.labels[ones], digits.class_names, "digits, ones"
    )
    with pytest.raises(
        ValueError, match="all training images are of class 1; a classifier needs two"
    ):
        cg.classification_accuracy_score(FromDigits(digits), only, held_out, STEPS)


def test_making_a_class_rare(digits, poor):
    before, after = np.bincount(digits.labels), np.bincount(poor.labels)
    assert after[3] == 5 and (np.delete(after, 3) == np.delete(before, 3)).all()
    assert "5 of class 3" in poor.source
    with pytest.raises(ValueError, match="count is 0; it must be from 1 to 400, which class 3 has"):
        cg.make_rare(digits, 3, 0)


def test_what_a_perfect_generator_adds(digits, poor, held_out):
    gain = cg.rare_class_gain(FromDigits(digits), poor, held_out, 3, STEPS)
    assert gain.generated.rare > max(gain.poor.rare, gain.repeated.rare) + 0.1
    assert gain.generated.all > gain.poor.all


def test_a_class_that_is_not_rare_gets_a_sentence(digits, poor, held_out):
    with pytest.raises(ValueError, match="class 4 has 400 of 3,605 images; a rare class has"):
        cg.rare_class_gain(FromDigits(digits), poor, held_out, 4)
