"""The game on a line, played by hand: a step of D, a step of G, or many turns; answered at once.

What is drawn, a panel for each class y: filled, the density of the real numbers; as a line, that of
G's; dotted, D's answer D(x|y) on the same scale from 0 to 1. Below them stand five fakes of each
row of G's table, at c_y + s_y z for z in NOISE, and from each an arrow down the gradient of G's
loss by this fake. It is three times as long as the gradient is large, but at most 2 on the line;
what lies outside the panel stands at its edge.

Moves, each a button: "Step of D"; "Step of G"; "Turn", a step of D and then one of G; "100 turns";
run and pause, three turns ten times a second, which the browser counts, so that nothing goes on in
the kernel once it pauses; "Start again", the same game from its beginning.

Choices that the game goes on with: the learning rate of both players, plain gradient descent; G's
loss; whether mismatched pairs take half of what fakes count for D (weight 1/2 or 0).

Choices that begin a new game: the data, a key of `toy.DATA`; where G starts, its center for each
class (spreads 1, and both rows of a class at the same place); D's head start, steps of D before the
first turn; whether D sees the label; the seed.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import ipywidgets as widgets
import keras
import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .figures import ORANGE, PINK
from .pictures import encode_png
from .toy import DATA, GRID, STEP, LineGame, densities
from .widgets import Panel, _toggles

LOSSES = {"non-saturating": "non-saturating", "saturating": "minimax"}  # and the game of each
STARTS = {"0, 0": (0, 0), "1, −1": (1, -1), "6, −6": (6, -6), "−6, 6": (-6, 6)}
NOISE = np.array([-1.5, -0.75, 0, 0.75, 1.5])  # of the fakes with arrows

# The picture: sizes in pixels, and what the panel of a class shows of the line
LEGEND, FLOOR, WIDTH, MARGIN = 26, 160, 450, 12
LEFT, RIGHT, TOP = -8, 8, 1.1
LONG, LONGEST = 3, 2  # of an arrow: where the slope is 1, and at most
GAP = 9  # from one fake's arrow down to the next
SHARP = 2  # drawn so many times as large, for smooth edges
INK, PALE = "#222222", "#A6CBE3"


def play_game() -> "GameBoard":
    """Play the game on a line: move D and G, step by step or many turns, under rules you choose."""
    return GameBoard()


class GameBoard(Panel):
    """The game as buttons, a picture of it, and its state as a sentence."""

    def __init__(self):
        self.setup = self.head = None  # of the game that is played
        choices = [
            _toggles("Learning rate", [0.03, 0.1, 0.3, 1.5], 0.3),
            _toggles("G's loss", list(LOSSES), "non-saturating"),
            _toggles("Mismatched pairs", [("no", 0.0), ("half of the fakes", 0.5)], 0.0),
            _toggles("Data", list(DATA), "apart"),
            _toggles("G starts at", list(STARTS), "0, 0"),
            _toggles("D's head start", [0, 100, 300], 0),
            _toggles("D sees the label", [("yes", True), ("no", False)], True),
            widgets.BoundedIntText(0, min=0, max=99, description="Seed", layout={"width": "160px"}),
        ]
        moves = [
            self._button("Step of D", lambda: self.line.train_d(1)),
            self._button("Step of G", lambda: self.line.train_g(1)),
            self._button("Turn", lambda: self.line.play(1)),
            self._button("100 turns", lambda: self.line.play(100)),
            self._button("Start again", self.start),
        ]
        run = widgets.Play(max=1_000_000, interval=100, description="Run", show_repeat=False)
        # The button that stops it sets it to 0, which is no turn.
        run.observe(self._moved(lambda: self.line.play(3 if run.value else 0)), "value")
        super().__init__(self.look, choices)
        row, *rest = self.children
        moves.insert(4, run)
        self.children = [widgets.Box(moves, layout=row.layout), row, *rest]

    def look(self, rate, loss, weight, data, start, head, sees_label, seed):
        """Begin a new game if these choices ask for one; give its picture and its sentence."""
        setup = {"data": data, "centers": STARTS[start], "sees_label": sees_label, "seed": seed}
        fresh = (setup, head) != (self.setup, self.head)
        if setup != self.setup:
            self.line = LineGame(keras.optimizers.SGD(rate), keras.optimizers.SGD(rate), **setup)
            self.first = self._state()
        self.setup, self.head = setup, head
        self.line.game, self.line.mismatched_weight = LOSSES[loss], weight
        for optimizer in (self.line.d_optimizer, self.line.g_optimizer):
            optimizer.learning_rate = rate
        if fresh:
            self.start()
        self.line.play(0)  # makes the graph of these rules, so that the next move is quick
        return draw_game(self.line)

    def start(self) -> None:
        """Go back to the beginning of this game; D takes its head start."""
        self._restore(self.first)
        self.line.train_d(self.head)

    def still(self) -> bytes:
        """Draw this game at its beginning, after 100 and after 600 turns; it stays where it was."""
        state, frames = self._state(), []
        self.start()
        for turns in (0, 100, 500):
            self.line.play(turns)
            frames.append(draw_game(self.line)[0])
        self._restore(state)
        return encode_png(np.concatenate(frames))

    def _state(self) -> tuple[list, list]:
        """The weights of both players, and how many steps they have taken."""
        line = self.line
        weights = [player.get_weights() for player in (line.discriminator, line.generator)]
        return weights, [int(o.iterations) for o in (line.d_optimizer, line.g_optimizer)]

    def _restore(self, state: tuple[list, list]) -> None:
        line, (weights, steps) = self.line, state
        line.discriminator.set_weights(weights[0])
        line.generator.set_weights(weights[1])
        line.d_optimizer.iterations.assign(steps[0])
        line.g_optimizer.iterations.assign(steps[1])

    def _moved(self, move: Callable[[], None]) -> Callable:
        """Give a handler of events that makes this move and shows how the game stands."""

        def work() -> str:
            move()
            return self.redraw()

        return self.shown(work)

    def _button(self, description: str, move: Callable[[], None]) -> widgets.Button:
        button = widgets.Button(description=description, layout={"width": "auto"})
        button.on_click(self._moved(move))
        return button


# The picture and the sentence


def draw_game(line: LineGame) -> tuple[np.ndarray, str]:
    """Draw both classes side by side, a picture (H, W, 3) in [0, 1]; say how the game stands."""
    centers, spreads = line.table.T
    p = densities(*line.data.T)
    q = densities(centers, np.maximum(abs(spreads), STEP))  # a spread may come to 0
    logits = line.d_on_grid()
    answers = np.exp(-np.logaddexp(0, -logits))
    falls = downhill(logits, line.game)
    steps = [int(player.iterations) for player in (line.d_optimizer, line.g_optimizer)]
    image = _background(len(line.table) * len(NOISE) // 2).copy()
    draw = ImageDraw.Draw(image)
    at = (2 * WIDTH - MARGIN) * SHARP, LEGEND * SHARP // 2
    draw.text(at, f"steps of D: {steps[0]}, of G: {steps[1]}", INK, _font(13), anchor="rm")
    for y in range(2):
        _draw_curves(draw, y, p[y], q[y], answers[y])
        fakes = (centers[:, None] + spreads[:, None] * NOISE).reshape(2, -1)
        _draw_arrows(draw, y, fakes[y], falls[y])
    real, fake = (_mean_answer(answers, table) for table in (line.data, line.table))
    places = [
        f"class {y} at {_places(line.table, y)} (data: {_places(line.data, y)})" for y in range(2)
    ]
    sentence = (
        f"D has taken {steps[0]} step{'' if steps[0] == 1 else 's'}, G {steps[1]}. "
        f"G draws {' and '.join(places)}. "
        f"D's mean answer: {real:.2f} to real numbers, {fake:.2f} to fakes."
    )
    return np.float32(image.reduce(SHARP)) / 255, sentence


def downhill(logits: np.ndarray, game: str) -> np.ndarray:
    """Give minus the slope of G's loss for one fake at each point of GRID, (2, 2001).

    logits: D's, on GRID. By the chain rule, the loss falls by the logit as fast as D doubts the
    fake, or in the game "minimax" believes it; times the slope of the logit.
    """
    answers = np.exp(-np.logaddexp(0, -logits))
    pull = answers if game == "minimax" else 1 - answers
    return pull * np.gradient(logits, STEP, axis=1)


def _mean_answer(answers: np.ndarray, table: np.ndarray) -> float:
    """Give D's mean answer to numbers of a table; beyond the line it answers as at its end."""
    z = np.linspace(-4, 4, 161)
    weights = np.exp(-(z**2) / 2)
    means = [
        np.average(np.interp(center + spread * z, GRID, of_class), weights=weights)
        for of_class, rows in zip(answers, table.reshape(2, -1, 2), strict=True)
        for center, spread in rows
    ]
    return float(np.mean(means))


def _places(table: np.ndarray, y: int) -> str:
    """The centers and spreads of a class, those of the same place once."""
    texts = [f"{center:z.2f} ± {abs(spread):.2f}" for center, spread in table.reshape(2, -1, 2)[y]]
    return " or ".join(dict.fromkeys(texts)).replace("-", "−")


@cache
def _background(arrows: int) -> Image.Image:
    """Draw what is always the same: the legend, and the line of each panel; space for arrows."""
    height = LEGEND + FLOOR + 28 + GAP * arrows
    image = Image.new("RGB", (2 * WIDTH * SHARP, height * SHARP), "white")
    draw = ImageDraw.Draw(image)
    middle, left = LEGEND * SHARP // 2, MARGIN * SHARP
    words = "real numbers, p(x|y)", "G's, q(x|y)", "D(x|y)", "fakes: down G's gradient"
    for kind, text in enumerate(words):
        right = left + 24 * SHARP
        if kind == 0:
            draw.rectangle((left, middle - 5 * SHARP, right, middle + 5 * SHARP), fill=PALE)
        elif kind == 1:
            draw.line([(left, middle), (right, middle)], fill=ORANGE, width=3 * SHARP)
        elif kind == 2:
            _draw_dots(draw, np.array([(left, middle), (right, middle)], float))
        else:
            _draw_arrow(draw, left, right, middle)
        draw.text((right + 6 * SHARP, middle), text, INK, _font(13), anchor="lm")
        left = right + 22 * SHARP + draw.textlength(text, _font(13))
    floor = _up(0)
    for y in range(2):
        draw.text((_across(y, LEFT), _up(TOP)), f"y = {y}", INK, _font(14), anchor="lt")
        draw.line([(_across(y, LEFT), floor), (_across(y, RIGHT), floor)], INK, SHARP)
        for tick in range(LEFT, RIGHT + 1, 2):
            at, text = _across(y, tick), str(tick).replace("-", "−")
            draw.line([(at, floor), (at, floor + 4 * SHARP)], INK, SHARP)
            draw.text((at, floor + 6 * SHARP), text, INK, _font(11), anchor="mt")
    return image


def _draw_curves(draw, y: int, p: np.ndarray, q: np.ndarray, answers: np.ndarray) -> None:
    shown = slice(*np.searchsorted(GRID, (LEFT - 1e-9, RIGHT + 1e-9)), 5)
    x = _across(y, GRID[shown])
    real, fake, dots = (np.stack([x, _up(v[shown])], axis=1) for v in (p, q, answers))
    floor = _up(0)
    draw.polygon([x[0], floor, *real.ravel().tolist(), x[-1], floor], fill=PALE)
    draw.line([x[0], floor, x[-1], floor], INK, SHARP)
    draw.line(fake.ravel().tolist(), ORANGE, 3 * SHARP)
    _draw_dots(draw, dots)


def _draw_dots(draw, points: np.ndarray) -> None:
    """Draw a dotted line: a dot wherever it has come 6 pixels farther."""
    way = np.append(0, np.cumsum(np.hypot(*np.diff(points, axis=0).T)))
    stops = np.arange(0, way[-1], 6 * SHARP)
    for x, y in zip(*(np.interp(stops, way, axis) for axis in points.T), strict=True):
        _draw_disk(draw, x, y, 1.5, INK)


def _draw_arrows(draw, y: int, numbers: np.ndarray, falls: np.ndarray) -> None:
    """Draw each fake on a line of its own, and its arrow."""
    lengths = np.clip(LONG * np.interp(numbers, GRID, falls), -LONGEST, LONGEST)
    starts = np.clip(numbers, LEFT, RIGHT)
    ends = np.clip(starts + lengths, LEFT, RIGHT)
    for i, (start, end) in enumerate(zip(_across(y, starts), _across(y, ends), strict=True)):
        _draw_arrow(draw, start, end, (LEGEND + FLOOR + 32 + GAP * i) * SHARP)


def _draw_arrow(draw, start: float, end: float, height: float) -> None:
    head = np.sign(end - start) * min(6 * SHARP, abs(end - start))
    _draw_disk(draw, start, height, 3, ORANGE)
    draw.line([(start, height), (end - head, height)], PINK, 2 * SHARP)
    wings = [(end - head, height - head * 0.6), (end - head, height + head * 0.6)]
    draw.polygon([(end, height), *wings], PINK)


def _draw_disk(draw, x: float, y: float, radius: float, color: str) -> None:
    radius *= SHARP
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), color)


def _across(y: int, x: np.ndarray | float) -> np.ndarray | float:
    """From the line to pixels, in the panel of class y."""
    return (y * WIDTH + MARGIN + (x - LEFT) / (RIGHT - LEFT) * (WIDTH - 2 * MARGIN)) * SHARP


def _up(value: np.ndarray | float) -> np.ndarray | float:
    """From densities and answers to pixels; what is higher than TOP is cut there."""
    return (LEGEND + FLOOR - np.minimum(value, TOP) / TOP * (FLOOR - 8)) * SHARP


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    path = Path(matplotlib.get_data_path(), "fonts/ttf/DejaVuSans.ttf")
    return ImageFont.truetype(path, size * SHARP)
