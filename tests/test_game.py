"""The game on a line without a browser: buttons are clicked, and choices made, from Python."""

import base64
import io
import threading

import ipywidgets
import matplotlib.pyplot as plt
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import cgan_utils as cg
from cgan_utils import game, toy
from cgan_utils import widgets as edge
from cgan_utils.losses import GAMES


@pytest.fixture(scope="module")
def board():
    return cg.play_game()


@pytest.fixture(autouse=True)
def _first_choices(request):
    """Set every choice of the shared board back after a test."""
    yield
    if "board" in request.fixturenames:
        board = request.getfixturevalue("board")
        for control, value in zip(board.controls, FIRST, strict=True):
            control.value = value
        part(board, "Start again").click()


FIRST = [0.3, "non-saturating", 0.0, "apart", "0, 0", 0, True, 0]
NAMES = ["Learning rate", "G's loss", "Mismatched pairs"]
NAMES += ["Data", "G starts at", "D's head start", "D sees the label", "Seed"]


def part(board, description):
    boxes = [box for box in board.children if hasattr(box, "children")]
    (found,) = (w for box in boxes for w in box.children if w.description == description)
    return found


def steps_of(board):
    return int(board.line.d_optimizer.iterations), int(board.line.g_optimizer.iterations)


def pixels_of(board):
    return np.asarray(Image.open(io.BytesIO(board.picture.value)))


def test_it_opens_with_the_game_of_the_notebook(board):
    assert [control.value for control in board.controls] == FIRST
    assert [control.description for control in board.controls] == NAMES
    assert steps_of(board) == (0, 0)
    assert board.sentence.value.startswith(
        "D has taken 0 steps, G 0. G draws class 0 at 0.00 ± 1.00 (data: −2.00 ± 0.50) and "
        "class 1 at 0.00 ± 1.00 (data: 2.00 ± 1.00). D's mean answer: 0."
    )


@pytest.mark.parametrize(
    ("button", "steps"),
    [("Step of D", (1, 0)), ("Step of G", (0, 1)), ("Turn", (1, 1)), ("100 turns", (100, 100))],
)
def test_each_button_is_its_move(board, button, steps):
    line = toy.LineGame(
        board.line.d_optimizer.__class__(0.3), board.line.g_optimizer.__class__(0.3)
    )
    before = board.picture.value
    part(board, button).click()
    assert steps_of(board) == steps and board.picture.value != before
    counted = "1 step" if steps[0] == 1 else f"{steps[0]} steps"
    assert board.sentence.value.startswith(f"D has taken {counted}, G {steps[1]}.")
    line.play(min(steps))
    line.train_d(steps[0] - min(steps))
    line.train_g(steps[1] - min(steps))
    np.testing.assert_allclose(board.line.table, line.table, atol=1e-5)


def test_it_runs_while_the_browser_counts_and_stops_with_it(board):
    threads, run = threading.active_count(), part(board, "Run")
    for tick in range(1, 5):
        run.value = tick
        assert steps_of(board) == (3 * tick, 3 * tick)
    run.value = 0  # the button that stops it
    assert steps_of(board) == (12, 12)
    assert threading.active_count() == threads


def test_start_again_plays_the_same_game(board):
    part(board, "100 turns").click()
    table, sentence = board.line.table, board.sentence.value
    part(board, "Start again").click()
    assert steps_of(board) == (0, 0)
    part(board, "100 turns").click()
    np.testing.assert_allclose(board.line.table, table, atol=1e-5)
    assert board.sentence.value == sentence


@pytest.mark.parametrize(
    ("name", "value"),
    [("Learning rate", 1.5), ("G's loss", "saturating"), ("Mismatched pairs", 0.5)],
)
def test_the_game_goes_on_with_these(board, name, value):
    part(board, "Turn").click()
    table = board.line.table
    part(board, name).value = value
    assert steps_of(board) == (1, 1)
    np.testing.assert_array_equal(board.line.table, table)
    rules = (board.line.game, board.line.mismatched_weight)
    assert rules == (game.LOSSES[part(board, "G's loss").value], part(board, NAMES[2]).value)
    gradient = board.line.g_gradient()
    part(board, "Step of G").click()
    rate = part(board, "Learning rate").value
    np.testing.assert_allclose(board.line.table, table - rate * gradient, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "value", "centers", "head"),
    [
        ("Data", "two modes", [0, 0, 0, 0], 0),
        ("G starts at", "6, −6", [6, -6], 0),
        ("D's head start", 100, [0, 0], 100),
        ("D sees the label", False, [0, 0], 0),
        ("Seed", 1, [0, 0], 0),
    ],
)
def test_these_begin_a_new_game(board, name, value, centers, head):
    part(board, "Turn").click()
    first = board.picture.value
    part(board, name).value = value
    assert steps_of(board) == (head, 0) and board.picture.value != first
    assert board.line.table[:, 0].tolist() == centers
    part(board, "Turn").click()
    assert steps_of(board) == (head + 1, 1)
    part(board, "Start again").click()
    assert steps_of(board) == (head, 0)


def test_every_choice_reaches_the_game(board):
    for name, value in zip(NAMES[3:], ["overlapping", "−6, 6", 300, False, 7], strict=True):
        part(board, name).value = value
    line = board.line
    np.testing.assert_array_equal(line.data, toy.DATA["overlapping"])
    assert line.table[:, 0].tolist() == [-6, 6] and steps_of(board) == (300, 0) and line.seed == 7
    answers = line.d_on_grid()
    np.testing.assert_array_equal(answers[0], answers[1])  # blind


def test_a_class_of_two_modes_is_told_as_two(board):
    part(board, "Data").value = "two modes"
    part(board, "100 turns").click()
    told = board.sentence.value
    assert (
        "(data: −3.00 ± 0.50) and class 1" in told and "(data: 0.00 ± 0.50 or 5.00 ± 0.50)" in told
    )
    assert told.partition("class 1 at ")[2].partition("(data")[0].count(" or ") == 1


@pytest.mark.parametrize("rules", ["non-saturating", "minimax"])
def test_arrows_go_down_the_gradient_of_the_loss(board, rules):
    """That which TensorFlow computes, by the number, through D's own network."""
    part(board, "100 turns").click()
    x = tf.constant(toy.GRID[200:1_801:100, None], tf.float32)
    rows = tf.tile([[0.0, 1.0]], (len(x), 1))
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = len(x) * GAMES[rules].generator(board.line.discriminator([x, rows]))
    falls = game.downhill(board.line.d_on_grid(), rules)[1, 200:1_801:100]
    np.testing.assert_allclose(falls, -tape.gradient(loss, x)[:, 0], atol=2e-3)


def test_the_picture_shows_data_and_fakes_where_they_are(board):
    """Filled at the centers of the data; a line at the peak of q; orange dots at the fakes."""
    picture, orange = pixels_of(board).astype(int), (0xE6, 0x9F, 0x00)
    height = game.LEGEND + game.FLOOR
    for y in range(2):
        at = round(game._across(y, float(toy.CENTERS[y])) / game.SHARP)
        assert abs(picture[height - 12, at] - (0xA6, 0xCB, 0xE3)).max() < 12
        peak = round(game._across(y, 0) / game.SHARP)
        top = round(game._up(toy.density(0, 0)) / game.SHARP)
        assert abs(picture[top - 3 : top + 4, peak] - orange).max(axis=1).min() < 40
        for i, noise in enumerate(game.NOISE):
            spot = round(game._across(y, noise) / game.SHARP)
            row = height + 32 + game.GAP * i
            around = picture[row - 3 : row + 4, spot - 3 : spot + 4].reshape(-1, 3)
            assert abs(around - orange).max(axis=1).min() < 40


def test_a_spike_and_what_is_far_away_are_drawn(board):
    board.line.generator.set_weights([np.float32([[-0.004, 1], [2, 1]])])
    assert "class 0 at 0.00 ± 1.00" in game.draw_game(board.line)[1]  # not −0.00
    board.line.generator.set_weights([np.float32([[-30, 1], [2, 0]])])
    picture, sentence = game.draw_game(board.line)
    assert np.isfinite(picture).all() and picture.min() >= 0 and picture.max() <= 1
    assert "class 0 at −30.00 ± 1.00" in sentence and "class 1 at 2.00 ± 0.00" in sentence


def test_the_mean_answer_counts_every_number_the_table_draws():
    answers = np.where(toy.GRID > 0, 1.0, 0.0) * [[1], [1]]
    for center, mean in ((0, 0.5), (1, 0.841), (-30, 0), (30, 1)):  # 0.841: normal, below 1
        table = np.array([[center, 1.0], [center, -1.0]])
        assert game._mean_answer(answers, table) == pytest.approx(mean, abs=0.01)


def test_a_page_without_widgets_shows_three_frames(board, monkeypatch):
    shown = []
    monkeypatch.setattr(edge, "display", lambda data, raw: shown.append(data))
    part(board, "Turn").click()
    board._ipython_display_()
    frames = np.asarray(Image.open(io.BytesIO(base64.b64decode(shown[0]["image/png"]))))
    assert shown[0]["text/plain"] == board.sentence.value
    assert steps_of(board) == (1, 1)  # the game that is played stands where it stood
    part(board, "Start again").click()
    first = pixels_of(board)
    assert len(frames) == 3 * len(first) and len(np.unique(np.split(frames, 3), axis=0)) == 3
    np.testing.assert_array_equal(frames[: len(first)], first)


def test_no_pyplot_in_its_callbacks(board, monkeypatch):
    monkeypatch.setattr(plt, "figure", lambda *_, **__: pytest.fail("a callback used pyplot"))
    part(board, "Turn").click()
    assert steps_of(board) == (1, 1)


def test_only_what_both_versions_of_ipywidgets_have(board):
    parts = [w for box in board.children for w in getattr(box, "children", [box])]
    common = {"Image", "HTML", "Button", "Play", "ToggleButtons", "BoundedIntText"}
    assert {type(w).__name__ for w in parts} == common
    assert all(type(w) is getattr(ipywidgets, type(w).__name__) for w in parts)
