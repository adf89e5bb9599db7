"""Classifiers trained on generated images, where what they must learn is known."""

import random
from dataclasses import replace

import numpy as np
import pytest

import cgan_utils as cg

STEPS = 120


class FromDigits:
    """A generator of real digits, at random, of the class `shift` after the one asked for."""

    def __init__(self, digits, shift=0):
        self.digits, self.shift, self.condition = digits, shift, digits.condition

    def generate(self, labels, seed=0):
        rng = np.random.default_rng(seed)
        pools = [np.flatnonzero(self.digits.labels == label) for label in range(10)]
        return self.digits.images[[rng.choice(pools[(k + self.shift) % 10]) for k in labels]]


class Never:
    """A generator that must not be asked."""

    condition = cg.DATASETS["mnist"].condition

    def generate(self, labels, seed=0):
        raise AssertionError("asked for images before the input was looked at")


@pytest.fixture(scope="module")
def held_out():
    return cg.load_images("mnist", "test")


@pytest.fixture(scope="module")
def poor(digits):
    return cg.make_rare(digits, label=3, count=5)


@pytest.fixture(scope="module")
def taught(digits, held_out):
    """By right digits, and by digits of the next class."""
    return [
        cg.classification_accuracy_score(FromDigits(digits, shift), digits, held_out, STEPS)
        for shift in (0, 1)
    ]


def test_real_digits_teach_like_real_digits(taught):
    assert taught[0].real > 0.9 and taught[0].fake == pytest.approx(taught[0].real, abs=0.05)


def test_swapped_labels_teach_nonsense(taught):
    assert taught[1].fake < 0.05 and taught[1].real > 0.9


def test_the_seed_decides_and_the_users_own_generator_stays(digits, held_out, taught):
    assert taught[0].real == taught[1].real
    before = random.getstate()
    other = cg.classification_accuracy_score(FromDigits(digits), digits, held_out, STEPS, seed=1)
    assert other.real != taught[0].real
    assert random.getstate() == before


def test_making_a_class_rare(digits, poor):
    before, after = np.bincount(digits.labels), np.bincount(poor.labels)
    assert after[3] == 5 and (np.delete(after, 3) == np.delete(before, 3)).all()
    assert "5 of class 3" in poor.source
    assert poor.condition == digits.condition


def test_what_a_perfect_generator_adds(digits, poor, held_out):
    gain = cg.rare_class_gain(FromDigits(digits), poor, held_out, 3, STEPS)
    assert gain.generated.rare > max(gain.poor.rare, gain.repeated.rare) + 0.1
    assert gain.generated.all > gain.poor.all


# Bad input


@pytest.mark.parametrize("count", [0, 401, 2.0, True])
def test_a_bad_number_of_rare_images_gets_a_sentence(digits, count):
    with pytest.raises(ValueError, match=f"^count is {count}; give a whole number from 1 to 400"):
        cg.make_rare(digits, 3, count)


@pytest.mark.parametrize("label", [-1, 10, 3.0, "3", True, None])
def test_a_label_that_is_no_class_gets_a_sentence(digits, poor, held_out, label):
    text = f"^label is {label!r}; give a whole number from 0 to 9"
    with pytest.raises(ValueError, match=text):
        cg.make_rare(digits, label, 5)
    with pytest.raises(ValueError, match=text):
        cg.rare_class_gain(Never(), poor, held_out, label)


def test_a_class_without_images_gets_a_sentence(digits, poor, held_out):
    without, unseen = (
        data.subset(data.labels != 3, "digits without 3s") for data in (digits, held_out)
    )
    with pytest.raises(ValueError, match="^there are no images of class 3; give the index of"):
        cg.make_rare(without, 3, 5)
    with pytest.raises(ValueError, match="^class 3 has 0 of 3,600 images; a rare class has"):
        cg.rare_class_gain(Never(), without, held_out, 3)
    with pytest.raises(ValueError, match="^there are no test images of class 3; give test images"):
        cg.rare_class_gain(Never(), poor, unseen, 3)


def test_a_class_that_is_not_rare_gets_a_sentence(poor, held_out):
    with pytest.raises(ValueError, match="class 4 has 400 of 3,605 images; a rare class has"):
        cg.rare_class_gain(Never(), poor, held_out, 4)


def score(generator, train, test, **settings):
    return cg.classification_accuracy_score(generator, train, test, **settings)


def gain(generator, train, test, **settings):
    return cg.rare_class_gain(generator, train, test, label=3, **settings)


@pytest.mark.parametrize("measure", [score, gain])
@pytest.mark.parametrize(
    ("change", "text"),
    [
        (
            lambda train, test: (train.subset(train.labels == 1, "ones"), test),
            "^all training images are of class 1; a classifier needs two or more classes",
        ),
        (
            lambda train, test: (train.subset(slice(None, None, 100), "few"), test),
            "^there are 37 training images; give 64 or more, a batch of the classifier",
        ),
        (
            lambda train, test: (train, replace(test, images=test.images[:, ::2, ::2])),
            r"^test images have shape \(1000, 14, 14, 1\); give an array \(N, 28, 28, 1\)",
        ),
        (
            lambda train, test: (train, replace(test, condition=cg.Classes.numbered(10))),
            r"^the condition of the test images is Classes\(names=\('class 0', .*'class 9'\)\), b",
        ),
        (
            lambda train, test: tuple(
                replace(data, condition=cg.Classes.numbered(10)) for data in (train, test)
            ),
            r"^the condition of the generator is Classes\(names=\('0', '1', .*; give both the same",
        ),
        (
            lambda train, test: tuple(
                replace(data, labels=data.labels[:, None] > 4, condition=cg.Attributes(("large",)))
                for data in (train, test)
            ),
            r"^here are attributes \(large\), but this measures classes; give a generator, or imag",
        ),
    ],
)
def test_images_that_teach_nothing_get_a_sentence(poor, held_out, measure, change, text):
    with pytest.raises(ValueError, match=text):
        measure(Never(), *change(poor, held_out))


@pytest.mark.parametrize("measure", [score, gain])
@pytest.mark.parametrize("name, number", [("steps", 0), ("steps", 2.5), ("seed", -1)])
def test_bad_numbers_get_a_sentence(poor, held_out, measure, name, number):
    with pytest.raises(ValueError, match=f"^{name} is {number}; give a whole number from"):
        measure(Never(), poor, held_out, **{name: number})


def test_attributes_have_no_rare_class(digits):
    labels, condition = digits.labels[:, None] > 4, cg.Attributes(("large",))
    with pytest.raises(ValueError, match=r"^here are attributes \(large\), but this measures clas"):
        cg.make_rare(replace(digits, labels=labels, condition=condition), 0, 5)


@pytest.mark.parametrize("measure", [score, gain])
def test_generated_images_of_another_size_get_a_sentence(digits, poor, held_out, measure):
    class Small(FromDigits):
        def generate(self, labels, seed=0):
            return super().generate(labels, seed)[:, ::2, ::2]

    with pytest.raises(ValueError, match=r"14, 14, 1\); give an array \(N, 28, 28, 1\)"):
        measure(Small(digits), poor, held_out)
