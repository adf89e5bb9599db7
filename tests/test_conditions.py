"""What can be asked for, as rows: classes and named attributes."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import cgan_utils as cg

TEN = cg.Classes(tuple("0123456789"))
FACE = cg.Attributes(("glasses", "hat"), {"gray": (0.0, 1.0), "tilt": (-0.5, 0.5)})

# Classes


@pytest.mark.parametrize(
    "labels", [6, [6], np.int64(6), np.uint8([6]), tf.constant(6), np.eye(10)[6], np.eye(10)[[6]]]
)
def test_one_hot_of_one_label(labels):
    rows = cg.one_hot(labels, 10)
    assert rows.dtype == np.float32
    assert rows.tolist() == [[0, 0, 0, 0, 0, 0, 1, 0, 0, 0]]


def test_one_hot_of_many_labels():
    assert cg.one_hot([2, 0, 2], 3).tolist() == [[0, 0, 1], [1, 0, 0], [0, 0, 1]]
    assert cg.one_hot(np.eye(3, dtype=int), 3).tolist() == np.eye(3).tolist()
    # Whole numbers are indices, even as many as classes
    assert cg.one_hot([0, 1, 0], 3).shape == (3, 3)


def test_one_hot_keeps_mixed_rows():
    mixed = np.linspace(np.eye(10)[6], np.eye(10)[1], 50)
    np.testing.assert_allclose(cg.one_hot(mixed, 10), mixed, atol=1e-7)
    assert cg.one_hot([0.25, 0.75], 2).tolist() == [[0.25, 0.75]]


# fmt: off
WRONG_LABELS = [
    12, -1, 2.5, "six", [], None, True, float("nan"), [6, 12], [6, -1], [6, 2.5], [6.0, 1.0], ["6"],
    [[1, 2], [3]], np.zeros((0, 10)), np.zeros((2, 10)), np.full((1, 10), 0.5),
    np.full((1, 10), np.nan), [[np.inf] + [0.0] * 9], [[-0.5, 1.5] + [0.0] * 8], np.eye(9),
    np.eye(10)[None], 2**70, 1j, {},
]
# fmt: on


@pytest.mark.parametrize("labels", WRONG_LABELS)
def test_wrong_labels(labels):
    with pytest.raises(ValueError, match="give whole numbers from 0 to 9, or rows of 10 shares"):
        cg.one_hot(labels, 10)


def test_mismatched_labels_are_wrong_and_uniform():
    right = np.repeat(np.arange(10), 2000)
    draw = tf.function(TEN.mismatched)
    rows = draw(tf.constant(cg.one_hot(right, 10)), tf.constant([3, 4]))
    assert rows.shape == (20000, 10) and rows.dtype == tf.float32
    assert np.unique(rows).tolist() == [0, 1] and (np.sum(rows, axis=1) == 1).all()
    table = np.zeros((10, 10), int)
    np.add.at(table, (right, np.argmax(rows, axis=1)), 1)
    assert np.trace(table) == 0
    # Each expected 2000 / 9 = 222 times, with a standard deviation of 14
    others = table[~np.eye(10, dtype=bool)]
    assert others.min() > 222 - 5 * 14 and others.max() < 222 + 5 * 14


def test_mismatched_labels_depend_on_the_seed_alone():
    rows = tf.constant(cg.one_hot(np.arange(100) % 10, 10))
    tf.random.set_seed(1)
    first = TEN.mismatched(rows, (0, 1))
    tf.random.set_seed(2)
    np.testing.assert_array_equal(first, TEN.mismatched(rows, tf.constant([0, 1])))
    assert np.any(first != TEN.mismatched(rows, (0, 2)))


def test_mismatched_labels_of_two_classes():
    two = cg.Classes(("cat", "dog"))
    assert two.mismatched(tf.eye(2), (0, 0)).numpy().tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize("names", [(), ("one",), ("a", "a"), ("a", ""), ("a", 1), "abc", None])
def test_wrong_class_names(names):
    with pytest.raises(ValueError, match="give two or more|all different|list or tuple of words"):
        cg.Classes(names)


def test_classes_know_their_width_examples_and_words():
    three = cg.Classes(["circle", "square", "star"])
    assert (three.width, three.names) == (3, ("circle", "square", "star"))
    assert three.examples().tolist() == np.eye(3).tolist()
    assert three.describe(np.array([0.2, 0.0, 0.8])) == "star: 80%, circle: 20%"
    assert cg.Classes.numbered(2).names == ("class 0", "class 1") != TEN.names[:2]


@pytest.mark.parametrize("condition", [TEN, FACE])
def test_a_condition_survives_a_file(condition):
    config = keras.saving.serialize_keras_object(condition)
    assert keras.saving.deserialize_keras_object(config) == condition
    assert hash(condition) == hash(keras.saving.deserialize_keras_object(config))


@pytest.mark.parametrize(
    ("condition", "rows", "valid"),
    [
        (TEN, np.eye(10)[[3]], True),
        (TEN, np.full((1, 10), 0.1), True),
        (TEN, np.full((1, 10), 0.2), False),
        (TEN, [[1.5, -0.5, *[0] * 8]], False),
        (TEN, np.full((1, 10), np.nan), False),
        (FACE, [[1, 0.5, 0.3, -0.5]], True),
        (FACE, [[1, 0, 0.3, -0.6]], False),
        (FACE, [[np.nan, 0, 0, 0]], False),
    ],
)
def test_rows_can_be_checked_in_a_graph(condition, rows, valid):
    check = tf.function(condition.valid)
    assert check(tf.constant(rows, tf.float32)).numpy().tolist() == [valid]


# Attributes


def test_attributes_know_their_width_limits_and_examples():
    assert (FACE.width, FACE.names) == (4, ("glasses", "hat", "gray", "tilt"))
    assert FACE.limits.tolist() == [[0, 0, 0, -0.5], [1, 1, 1, 0.5]]
    lowest = [0, 0, 0, -0.5]
    expected = [lowest, [1, 0, 0, -0.5], [0, 1, 0, -0.5], [0, 0, 1, -0.5], [0, 0, 0, 0.5]]
    assert FACE.examples().tolist() == expected
    assert FACE.describe(np.float32([1, 0, 0.7, -0.25])) == "glasses 1, hat 0, gray 0.7, tilt -0.25"


@pytest.mark.parametrize(
    ("asked", "rows"),
    [
        ({"glasses": 1, "gray": 0.75}, [[1, 0, 0.75, -0.5]]),
        ({}, [[0, 0, 0, -0.5]]),
        ({"gray": [0, 0.5, 1], "hat": True}, [[0, 1, g, -0.5] for g in (0, 0.5, 1)]),
        ([{"hat": 1}, {"tilt": 0}], [[0, 1, 0, -0.5], [0, 0, 0, 0]]),
        ([1, 0, 0.5, 0], [[1, 0, 0.5, 0]]),
        (np.float32([[1, 0, 0.5, 0], [0.5, 1, 1, 0.5]]), [[1, 0, 0.5, 0], [0.5, 1, 1, 0.5]]),
    ],
)
def test_what_is_asked_becomes_rows(asked, rows):
    got = FACE.rows(asked)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, rows, atol=1e-6)
    np.testing.assert_array_equal(FACE.rows(got), got)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"beard": 1}, "no attribute 'beard'; there is 'glasses', 'hat', 'gray', 'tilt'"),
        ({"tilt": 1}, "tilt is 1; give a number from -0.5 to 0.5"),
        ({"gray": np.nan}, "gray is nan; give a number from 0 to 1"),
        ({"gray": "much"}, "is no request; give each attribute a number"),
        ({"gray": [0, 1], "hat": [0, 1, 0]}, "all of them equally many"),
        ({"gray": []}, "is no request"),
        (3, "give a dictionary of glasses, hat, gray, tilt, or rows of 4 numbers"),
        ([0, 1], "rows of 4 numbers"),
        (np.zeros((0, 4)), "rows of 4 numbers"),
        (np.zeros((2, 5)), "rows of 4 numbers"),
        ([[0, 1], [0]], "rows of 4 numbers"),
        ("glasses", "rows of 4 numbers"),
        (None, "rows of 4 numbers"),
    ],
)
def test_what_cannot_be_asked_gets_a_sentence(asked, message):
    with pytest.raises(ValueError, match=message):
        FACE.rows(asked)


def test_attributes_in_another_order_are_others_and_stay_as_they_are():
    first, second = (
        cg.Attributes(continuous=dict.fromkeys(names, (0, 1))) for names in ("ab", "ba")
    )
    assert first != second and first == cg.Attributes(continuous={"a": (0, 1), "b": (0, 1)})
    ranges = {"a": (0, 1)}
    condition = cg.Attributes(continuous=ranges)
    ranges["b"] = (0, 1)
    assert condition.names == ("a",)


def test_one_attribute_may_be_asked_for_by_a_number():
    assert cg.Attributes(continuous={"slant": (0, 1)}).rows(0.25).tolist() == [[0.25]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "no attributes"),
        ({"binary": ("hat", "hat")}, "all different"),
        ({"binary": "hat"}, "names are 'hat'; give a list or tuple of words"),
        ({"binary": ("gray",), "continuous": {"gray": (0, 1)}}, "all different"),
        ({"continuous": {"gray": (1, 1)}}, "upper end of 'gray' is 1; give a number above 1"),
        (
            {"continuous": {"gray": (0, np.inf)}},
            "upper end of 'gray' is inf; give a number above 0 and at most",
        ),
        ({"continuous": {"gray": 3}}, r"range of 'gray' is 3; give \(low, high\)"),
    ],
)
def test_wrong_attributes_get_a_sentence(arguments, message):
    with pytest.raises(ValueError, match=message):
        cg.Attributes(**arguments)


def test_labels_of_images_are_numbers_in_range_and_binary_ones_0_or_1():
    labels = np.float32([[1, 0, 0.5, 0.1], [0, 1, 0.2, -0.5]])
    np.testing.assert_array_equal(FACE.check_labels(labels, 2), labels)
    for wrong, message in (
        (labels[:, :3], r"shape \(2, 3\); .* \(2, 4\)"),
        (labels + [0.5, 0, 0, 0], "glasses is 1.5"),
        (labels * [0.5, 1, 1, 1], "glasses of image 0 is 0.5; of a binary attribute"),
    ):
        with pytest.raises(ValueError, match=message):
            FACE.check_labels(wrong, 2)


def test_a_mismatched_row_is_that_of_another_image():
    rng = np.random.default_rng(0)
    rows = FACE.rows(np.float32(rng.integers(0, 2, (64, 4)) * [1, 1, 1, 0.5]))
    draw = tf.function(FACE.mismatched)
    wrong = draw(tf.constant(rows), tf.constant([1, 2])).numpy()
    assert (wrong != rows).any(axis=1).all()
    assert {tuple(row) for row in wrong} <= {tuple(row) for row in rows}
    assert (draw(tf.constant(rows), tf.constant([1, 3])).numpy() != wrong).any()
    # Drawn like the right ones: as many glasses, within four standard deviations
    many = np.concatenate([draw(tf.constant(rows), tf.constant([1, i])) for i in range(50)])
    assert abs(many[:, 0].mean() - rows[:, 0].mean()) < 0.1


def test_where_all_rows_are_the_same_a_mismatched_one_is_mirrored():
    rows = FACE.rows([{"glasses": 1, "gray": 0.25}] * 3)
    wrong = FACE.mismatched(tf.constant(rows), (0, 0)).numpy()
    np.testing.assert_allclose(wrong, [[0, 1, 0.75, 0.5]] * 3)
