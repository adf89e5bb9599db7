"""What 09 says is what its stored runs say; its checks find what is wrong, and hide the answer."""

from pathlib import Path

import keras
import nbformat
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import cgan_utils as cg
from cgan_utils.discriminator import strided_convolutions

BOOK = nbformat.read(Path(__file__).parent.parent / "notebooks/09_conditioning.ipynb", as_version=4)
PROSE = " ".join(
    " ".join(cell.source for cell in BOOK.cells if cell.cell_type == "markdown").split()
)


def check_of(name):
    """The source of the check that follows the exercise which defines this function."""
    defines = [f"def {name}(" in cell.source and cell.cell_type == "code" for cell in BOOK.cells]
    return BOOK.cells[defines.index(True) + 1].source


def verdict(name, attempt, capsys):
    """The last line that the check prints of this attempt."""
    train, test = (cg.load_images("mnist", split) for split in ("train", "test"))
    given = {"cg": cg, "keras": keras, "layers": layers, "np": np, "tf": tf}
    given |= {"train": train, "test": test, "strided_convolutions": strided_convolutions}
    capsys.readouterr()
    exec(check_of(name), given | {name: attempt})
    return capsys.readouterr().out.splitlines()[-1]


def anew(rows, seed):
    labels = tf.random.stateless_uniform(tf.shape(rows)[:1], seed, maxval=10, dtype=tf.int32)
    return tf.one_hot(labels, 10)


@pytest.mark.parametrize(
    ("name", "attempt", "says"),
    [
        ("my_head", lambda h, y: layers.Dense(1)(h), "ten numbers"),
        ("my_head", lambda h, y: layers.Dense(1)(layers.Concatenate()([h, y])), "w (2048, 1)"),
        (
            "my_head",
            lambda h, y: layers.Dense(1)(h) + layers.Dot(1)([layers.Dense(10)(h), y]),
            "no b of its own",
        ),
        (
            "my_head",
            lambda h, y: (
                layers.Dense(1)(h) + layers.Dot(1)([layers.Dense(2048, use_bias=False)(y), h])
            ),
            "Check passed",
        ),
        ("rows_for_fakes", lambda rows, seed: rows, "shuffled rows keep"),
        ("rows_for_fakes", lambda rows, seed: tf.random.shuffle(rows), "shuffled rows keep"),
        ("rows_for_fakes", lambda rows, seed: np.roll(rows, 1, axis=1), "shuffled rows keep"),
        ("rows_for_fakes", lambda rows, seed: np.eye(10)[[7] * 32], "equally often"),
        ("rows_for_fakes", lambda rows, seed: rows[:5], "32 one-hot rows"),
        ("rows_for_fakes", lambda rows, seed: rows * 0 + 0.1, "32 one-hot rows"),
        ("rows_for_fakes", anew, "Check passed"),
        ("share_right_by_accident", lambda share_wrong=0.2: 0.1, "Not yet"),
        ("share_right_by_accident", lambda share_wrong=0.2: share_wrong / 9, "Check passed"),
    ],
)
def test_the_check_tells_what_is_wrong(name, attempt, says, capsys):
    assert says in verdict(name, attempt, capsys)


def test_no_check_prints_the_answer_to_a_stub():
    """2.2 % of the mismatched pairs, that is."""
    (printed,) = [
        "".join(output.text for output in cell.outputs)
        for cell in BOOK.cells
        if cell.source == check_of("share_right_by_accident")
    ]
    assert "2.2" not in printed and "0.02" not in printed
