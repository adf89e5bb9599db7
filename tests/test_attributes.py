"""Attributes asked for and seen, judged faces, and scores of generators that are good, or bad."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

import cgan_utils as cg
from cgan_utils import files

FACES = cg.DATASETS["faces"].condition
JUDGES = ["faces", "faces_second"]


@pytest.fixture(scope="module")
def train():
    return cg.load_images("faces", "train")


@pytest.fixture(scope="module")
def test():
    return cg.load_images("faces", "test")


# How rows agree


def test_agreement_in_closed_form():
    condition = cg.Attributes(("hat", "beard"), {"gray": (0, 1), "age": (20, 80)})
    asked = [[0, 0, 0.0, 20], [1, 0, 0.5, 40], [0, 1, 0.5, 60], [1, 1, 1.0, 80]]
    seen = [[0.4, 0.1, 0.1, 80], [0.5, 0.0, 0.6, 60], [0.9, 0.8, 0.6, 40], [1, 0.2, 1.1, 20]]
    found = cg.agreement(condition, asked, seen)
    assert found.all_binary == 0.5  # of the third the hat is wrong, of the fourth the beard
    assert found.accuracy == {"hat": 0.75, "beard": 0.75}
    assert found.correlation == pytest.approx({"gray": 1, "age": -1})
    assert found.mean_error == pytest.approx({"gray": 0.1, "age": 40})


def test_what_is_always_the_same_correlates_with_nothing():
    condition = cg.Attributes((), {"gray": (0, 1)})
    found = cg.agreement(condition, [[0], [1]], [[0.5], [0.5]])
    assert np.isnan(found.correlation["gray"]) and found.mean_error["gray"] == 0.5
    assert found.accuracy == {} and found.all_binary == 1


@pytest.mark.parametrize(
    ("condition", "asked", "seen", "text"),
    [
        (cg.Classes(("a", "b")), [[0, 1]] * 2, [[0, 1]] * 2, "^the condition is Classes"),
        (FACES, np.zeros((3, 6)), np.zeros((3, 7)), r"^the rows asked for have shape \(3, 6\)"),
        (FACES, np.zeros((3, 7)), np.zeros((2, 7)), r"^the rows seen have shape \(2, 7\); give"),
        (FACES, np.zeros((1, 7)), np.zeros((1, 7)), "as many of both and at least 2"),
        (FACES, np.zeros((2, 7)), np.full((2, 7), np.nan), "^the rows seen contain NaN"),
    ],
)
def test_rows_that_cannot_be_compared_get_a_sentence(condition, asked, seen, text):
    with pytest.raises(ValueError, match=text):
        cg.agreement(condition, asked, seen)


def test_logits_are_read_as_probabilities_and_as_places_in_ranges():
    condition = cg.Attributes(("hat",), {"age": (20, 80)})
    rows = condition.read(np.float32([[0, 0], [-30, 30], [np.log(3), -np.log(3)]]))
    np.testing.assert_allclose(rows, [[0.5, 50], [0, 80], [0.75, 35]], atol=1e-5)
    np.testing.assert_allclose(condition.recognized(rows)[1:], [[0, 80], [1, 35]], atol=1e-5)
    obeyed = condition.obeyed(np.array([[1, 20], [1, 20]]), np.array([[1.0, 80], [0, 20]]))
    assert obeyed.tolist() == [True, False]


# The judges of faces


@pytest.fixture(scope="module", params=JUDGES)
def judge(request):
    return cg.Judge(request.param)


def test_the_judges_see_every_attribute_of_test_faces(judge, test):
    found = cg.agreement(FACES, test.labels, judge.probabilities(test.images))
    assert min(found.accuracy.values()) >= 0.99 and found.all_binary >= 0.99
    assert max(found.mean_error.values()) <= 0.05 and min(found.correlation.values()) >= 0.99
    # and their cards say so
    for told, seen in zip(judge.test_agreement, found, strict=True):
        assert told == pytest.approx(seen, abs=2e-3)
    assert judge.test_accuracy == judge.test_agreement.all_binary


def test_gray_is_seen_where_a_hat_leaves_the_least_of_the_hair(judge, test):
    long_hair, _, beard, hat, *_ = test.labels.T
    hidden = (hat == 1) & (long_hair == 0) & (beard == 0)
    error = abs(judge.probabilities(test.images) - test.labels)[hidden, -1]
    assert hidden.sum() > 200 and error.mean() <= 0.06


def test_labels_come_as_the_data_set_has_them(judge, test):
    labels = judge.recognize(test.images[:50])
    assert labels.shape == (50, 7) and set(labels[:, :5].ravel()) == {0, 1}
    np.testing.assert_array_equal(labels[:, 5:], judge.probabilities(test.images[:50])[:, 5:])


def test_the_reference_of_faces_is_of_all_test_faces(judge, test):
    reference = judge.reference
    np.testing.assert_array_equal(reference.labels, test.labels)
    assert sorted(reference.floors) == [1_000, 2_000]
    assert (reference.features is not None) == (judge.name == "faces")


def shown_rubbish(test):
    """Images by their description in the README."""
    rng = np.random.default_rng(0)
    noise = rng.random((1_000, 16, 16, 3), np.float32)
    digits = np.uint8(255 * cg.load_images("mnist", "test").images[..., 0])
    small = [Image.fromarray(digit).resize((16, 16), Image.Resampling.BILINEAR) for digit in digits]
    ink = np.float32(small)[..., None] / 255 * (1 - rng.random((1_000, 1, 1, 3), np.float32))
    pixels = test.images.reshape(-1, 256, 3)[:, rng.permutation(256)]
    return {
        "2,000 test faces": test.images,
        "1,000 images of uniform noise": noise,
        "1,000 blends, each the mean of two test faces": (test.images[::2] + test.images[1::2]) / 2,
        "1,000 handwritten digits, 16 × 16, in a color on white": 1 - ink,
        "the test faces, their pixels in one other order": pixels.reshape(test.images.shape),
    }


def test_the_readme_says_how_sure_the_judges_are_of_rubbish(test):
    readme = (files.SHIPPED / "README.md").read_text("utf-8")
    for shown, images in shown_rubbish(test).items():
        _, row = readme.split(f"| {shown} |")
        told = [int(cell.removesuffix(" % ")) for cell in row.split("|")[:2]]
        binary = [cg.Judge(name).probabilities(images)[:, :5] for name in JUDGES]
        sure = [100 * (abs(shares - 0.5) > 0.4).mean() for shares in binary]
        assert told == pytest.approx(sure, abs=1), shown


# Scores


class Draws:
    """A generator that gives these images, whatever it is asked for."""

    condition = FACES

    def __init__(self, images):
        self.images = images

    def generate(self, asked, seed=0):
        return self.images[: len(asked)]


def test_real_faces_score_like_real_faces(test):
    scores = cg.evaluate(Draws(test.images))
    assert scores.samples == 2_000 and scores.judge == "faces"
    assert scores.conditional_accuracy == pytest.approx(scores.ceiling.all_binary)
    assert scores.frechet_distance < 0.1 * scores.floor  # they are the reference themselves
    assert scores.measures["variety"] == pytest.approx(1, abs=0.01)
    assert scores.measures["precision"] == scores.measures["recall"] == 1
    np.testing.assert_array_equal(scores.asked, test.labels)


def test_faces_of_another_request_look_real_and_disobey(train):
    scores = cg.evaluate(Draws(train.images))
    assert scores.frechet_distance < 2 * scores.floor
    assert scores.conditional_accuracy == pytest.approx(1 / 32, abs=0.02)
    for share in scores.agreement.accuracy.values():
        assert share == pytest.approx(0.5, abs=0.05)
    for correlation in scores.agreement.correlation.values():
        assert correlation == pytest.approx(0, abs=0.1)


def test_one_attribute_that_is_never_drawn_is_told(test):
    bald_chins = np.flatnonzero(test.labels[:, 2] == 0)
    twins = abs(test.labels[:, None, :] - test.labels[None, bald_chins])
    nearest = bald_chins[twins[..., [0, 1, 3, 4]].sum(axis=2).argmin(axis=1)]
    scores = cg.evaluate(Draws(test.images[nearest]))
    beards = scores.agreement.accuracy.pop("beard")
    assert beards == pytest.approx(0.5, abs=0.05)
    assert min(scores.agreement.accuracy.values()) > 0.98


def test_scores_of_attributes_print_and_plot(test):
    for judge, measures in (("faces", 6), ("faces_second", 0)):
        scores = cg.evaluate(Draws(test.images), judge=judge)
        lines = repr(scores).splitlines()
        assert lines[0] == f"2,000 generated images, seed 0, judge {judge!r}"
        assert len(lines) == 2 + 6 + 4 + 1 + measures and max(map(len, lines)) < 80
        assert lines[3].split()[:2] == ["long", "hair"]
        figure = cg.plot_scores(scores)
        figure.canvas.draw()
        assert [ax.get_title() for ax in figure.axes] == ["binary attributes", "skin", "gray"]
        plt.close(figure)


def test_a_judge_of_digits_and_one_of_other_attributes_are_refused(test):
    faces = Draws(test.images)
    with pytest.raises(ValueError, match="is asked for long hair, .*, but the judge 'mnist' knows"):
        cg.evaluate(faces, judge="mnist")
    with pytest.raises(ValueError, match="is asked for 0, 1, .* but the judge 'faces' knows long"):
        cg.evaluate(cg.load_pretrained("mnist"), judge="faces")
    with pytest.raises(ValueError, match="^here are attributes .* this measures classes"):
        cg.conditional_accuracy(faces)
    with pytest.raises(ValueError, match=r"^samples is 2001; give a whole number from 1,000 to 2"):
        cg.evaluate(faces, samples=2_001)


def test_the_probe_watches_attributes_too(test):
    few = test.subset(slice(0, 64), "64 faces")
    probe = cg.LabelUseProbe(few, samples=80)
    gan = cg.RECIPES["quick"].build(few)
    gan.fit(few.batches(32), epochs=1, callbacks=[probe], verbose=0)
    assert probe.judge.name == "faces" and probe.wanted.shape == (80, 7)
    np.testing.assert_array_equal(probe.wanted[64:], few.labels[:16])
    assert (np.asarray(probe.wrong_labels) != few.labels).any(axis=1).all()
    seen = probe.judge.recognize(gan.generate(probe.wanted, 0))
    share = (seen[:, :5] == probe.wanted[:, :5]).all(axis=1).mean()
    assert probe.conditional_accuracy == [share]
    margin = gan.score(few.images, few.labels) - gan.score(few.images, probe.wrong_labels)
    assert probe.label_margin == [pytest.approx(margin.mean(), abs=1e-6)]
