"""Diagrams: how data flow through G and D, and where the gradient runs. Drawn as SVG.

One color and one shape for each thing, in the whole series: z a disc, y a row of cells, x a square,
G a funnel that opens, D a funnel that closes, the verdict a diamond.
"""

import html
from collections.abc import Callable, Sequence

from IPython.display import display

from .figures import BLUE, GREEN, ORANGE, PINK, RED, SKY, YELLOW

COLORS = {"z": SKY, "y": ORANGE, "x": GREEN, "G": PINK, "D": BLUE, "verdict": YELLOW}
WIDTH = 720
# Paper and ink change together, so that a diagram reads on any page, whatever is said to be dark.
DARK = (
    "@media(prefers-color-scheme:dark){.cgan-paper{fill:#16181d}.cgan-ink{fill:#e8e8e8}"
    ".cgan-line{stroke:#e8e8e8}}"
)


class Diagram:
    """A drawing with its description in words: a notebook shows both, print the words alone."""

    def __init__(self, title: str, description: str, height: int, parts: Sequence[str]):
        self.title, self.description = title, description
        self.svg = (
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{WIDTH}" '
            f'height="{height}" viewBox="0 0 {WIDTH} {height}" font-size="13" '
            'text-anchor="middle" font-family="DejaVu Sans, Verdana, Arial, sans-serif">'
            f"<title>{html.escape(title)}</title><desc>{html.escape(description)}</desc>"
            f"<style>{DARK}</style>"
            f'<rect class="cgan-paper" width="{WIDTH}" height="{height}" rx="8" fill="#fff"/>'
            f"{text(16, 24, title, 14, 'start', 'bold')}{''.join(parts)}</svg>"
        )

    def __repr__(self) -> str:
        return f"{self.title}. {self.description}"

    def _ipython_display_(self, **_) -> None:
        """Show the picture, and below it the words: most pages give pictures no other text."""
        display({"image/svg+xml": self.svg, "text/plain": self.title}, raw=True)
        folded = f"<details><summary>In words</summary>{html.escape(self.description)}</details>"
        display({"text/html": folded, "text/plain": self.description}, raw=True)


def diagram(name: str) -> Diagram:
    """Give a diagram: "overview", "step of D", "step of G", or a network, layer by layer.

    The networks: "generator", "discriminator", "published generator", "published discriminator",
    as `build_generator` and the others build them for digits. Raises ValueError for another name.
    """
    if name not in DIAGRAMS:
        names = ", ".join(f'"{known}"' for known in DIAGRAMS)
        raise ValueError(f"there is no diagram {name!r}; choose one of {names}.")
    return DIAGRAMS[name]()


# The shapes


def text(x, y, words: str, size=13, anchor="middle", weight="normal") -> str:
    return (
        f'<text class="cgan-ink" x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}" '
        f'font-weight="{weight}" fill="#222">{html.escape(words)}</text>'
    )


def lines(x, y, *words: str, **style) -> str:
    """Lines of small text, one below the other."""
    return "".join(text(x, y + 15 * i, line, 11, **style) for i, line in enumerate(words))


def look(color: str, frozen: bool = False, learns: bool = False) -> str:
    stroke = f'stroke="{color}" stroke-width="{4 if learns else 2}"'
    dashes = ' stroke-dasharray="3 3"' if frozen else ""
    return f'fill="{color}" fill-opacity="{0.08 if frozen else 0.25}" {stroke}{dashes}'


def disc_z(x, y) -> str:
    return f'<circle cx="{x}" cy="{y}" r="22" {look(COLORS["z"])}/>' + text(x, y + 5, "z", 16)


def row_y(x, y, chosen: int = 7, name: str = "y") -> str:
    """A one-hot row of ten cells around (x, y), with its name above."""
    cells = [
        f'<rect x="{x - 50 + 10 * i}" y="{y - 8}" width="10" height="16" stroke="{COLORS["y"]}" '
        f'fill="{COLORS["y"]}" fill-opacity="{1 if i == chosen else 0.1}"/>'
        for i in range(10)
    ]
    return "".join(cells) + text(x, y - 14, name, 16)


def square_x(x, y, name: str = "x", fake: bool = False) -> str:
    """An image around (x, y); a generated one has a broken outline."""
    shape = f'<rect x="{x - 26}" y="{y - 26}" width="52" height="52" {look(COLORS["x"], fake)}/>'
    return shape + text(x, y + 5, name, 16 if len(name) == 1 else 13)


def funnel(name: str, x, y, state: str = "") -> str:
    """G or D around (x, y). state: "learns" or "frozen", which is written below the name."""
    left, right = (26, 48) if name == "G" else (48, 26)
    corners = f"{x - 46},{y - left} {x + 46},{y - right} {x + 46},{y + right} {x - 46},{y + left}"
    style = look(COLORS[name], state == "frozen", state == "learns")
    shape = f'<polygon points="{corners}" {style}/>'
    if not state:
        return shape + text(x, y + 8, name, 22, weight="bold")
    return shape + text(x, y + 2, name, 22, weight="bold") + text(x, y + 20, state, 12)


def diamond(x, y, words: str = "") -> str:
    """The verdict around (x, y)."""
    corners = f"{x - 30},{y} {x},{y - 30} {x + 30},{y} {x},{y + 30}"
    return f'<polygon points="{corners}" {look(COLORS["verdict"])}/>' + text(x, y + 5, words, 12)


def box(x, y, width, height, color: str) -> str:
    return (
        f'<rect x="{x - width / 2}" y="{y - height / 2}" width="{width}" height="{height}" '
        f"{look(color)}/>"
    )


def node(x, y, sign: str) -> str:
    """Where two flows meet: a small circle with a sign."""
    circle = f'<circle class="cgan-line" cx="{x}" cy="{y}" r="11" fill="none" stroke="#222"/>'
    return circle + text(x, y + 5, sign, 15)


def arrow(*points: tuple[float, float], gradient: bool = False) -> str:
    """An arrow along the points, each leg straight; a gradient's is red and broken."""
    (x0, y0), (x1, y1) = points[-2:]
    length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
    dx, dy = (x1 - x0) / length, (y1 - y0) / length
    bx, by = x1 - 9 * dx, y1 - 9 * dy
    head = [(x1, y1), (bx - 4 * dy, by + 4 * dx), (bx + 4 * dy, by - 4 * dx)]
    path, head = (
        " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
        for corners in ([*points[:-1], (bx, by)], head)
    )
    if gradient:
        stroke, fill = f'stroke="{RED}" stroke-width="2.5" stroke-dasharray="7 4"', f'fill="{RED}"'
    else:
        stroke, fill = 'class="cgan-line" stroke="#222"', 'class="cgan-ink" fill="#222"'
    return f'<polyline points="{path}" fill="none" {stroke}/><polygon points="{head}" {fill}/>'


# The diagrams


def overview() -> Diagram:
    return Diagram(
        "A conditional GAN: who gets what",
        "G gets noise z and a label y and gives an image G(z|y). D gets an image, a real one x or "
        "G's, together with the label, and gives a verdict: is it a real image of this label?",
        310,
        [
            disc_z(66, 95) + lines(66, 132, "noise: how"),
            row_y(66, 205) + lines(76, 230, "label: which"),
            funnel("G", 220, 95) + lines(220, 40, "generator"),
            square_x(360, 95, "G(z|y)", fake=True) + lines(360, 60, "generated image"),
            square_x(360, 205) + lines(360, 247, "real image of label y"),
            funnel("D", 510, 150) + lines(510, 95, "discriminator"),
            diamond(640, 150, "D(x|y)") + lines(640, 197, "real, and", "of this label?"),
            arrow((88, 95), (174, 95)),
            arrow((118, 205), (220, 205), (220, 134)),
            arrow((266, 95), (334, 95)),
            arrow((386, 95), (425, 95), (464, 130)),
            arrow((386, 205), (425, 205), (464, 170)),
            arrow((26, 213), (26, 285), (510, 285), (510, 188)),
            arrow((556, 150), (610, 150)),
        ],
    )


def step_of_d() -> Diagram:
    return Diagram(
        "One step of D: G is frozen",
        "D sees three kinds of pairs: a generated image with the label it was asked for, a real "
        "image with its own label y, and a real image with another label y′. Its loss is low if it "
        "says yes to the real pair alone. The gradient of that loss runs back into D and ends "
        "there: D's weights change, G's stay.",
        340,
        [
            disc_z(66, 95),
            row_y(66, 160),
            funnel("G", 200, 95, "frozen"),
            square_x(330, 95, "G(z|y)", fake=True),
            square_x(330, 190),
            square_x(330, 270),
            lines(365, 92, "with y: fake pair", anchor="start"),
            lines(365, 187, "with y: real pair", anchor="start"),
            lines(365, 267, "with y′: mismatched", anchor="start"),
            lines(290, 194, "real image", anchor="end"),
            lines(290, 266, "the same image,", "another label", anchor="end"),
            funnel("D", 555, 190, "learns"),
            diamond(660, 190, "D(x|y)"),
            lines(660, 240, "say yes", "to the real", "pair alone"),
            arrow((88, 95), (154, 95)),
            arrow((116, 160), (200, 160), (200, 134)),
            arrow((246, 95), (304, 95)),
            arrow((356, 104), (484, 104), (509, 162)),
            arrow((356, 199), (509, 199)),
            arrow((356, 279), (484, 279), (509, 216)),
            arrow((601, 190), (630, 190)),
            arrow((660, 158), (660, 120), (555, 120), (555, 150), gradient=True),
            lines(607, 108, "gradient of D's loss"),
        ],
    )


def step_of_g() -> Diagram:
    return Diagram(
        "One step of G: D is frozen",
        "G draws an image from noise z and label y; D judges it together with the same y. G's loss "
        "is low if D says yes. The gradient of that loss runs back through D, whose weights stay, "
        "and through the image into G, whose weights change. No real image is needed.",
        300,
        [
            disc_z(66, 95),
            row_y(66, 190),
            funnel("G", 220, 95, "learns"),
            square_x(360, 95, "G(z|y)", fake=True),
            funnel("D", 510, 95, "frozen"),
            diamond(640, 95, "D(x|y)") + lines(640, 55, "say yes"),
            arrow((88, 95), (174, 95)),
            arrow((116, 190), (180, 190), (180, 129)),
            arrow((266, 95), (334, 95)),
            arrow((386, 95), (464, 95)),
            arrow((66, 200), (66, 270), (535, 270), (535, 127)),
            arrow((556, 95), (610, 95)),
            arrow((640, 127), (640, 185), (510, 185), (510, 135), gradient=True),
            arrow((490, 138), (490, 185), (360, 185), (360, 124), gradient=True),
            arrow((340, 124), (340, 185), (240, 185), (240, 143), gradient=True),
            lines(365, 206, "gradient of G's loss: through D, through the image, into G"),
        ],
    )


def maps(x, y, shape: str, color: str, *words: str) -> str:
    """Feature maps "14×14×32" around (x, y): as high as they are, wider if there are more."""
    *size, count = map(int, shape.replace(",", "").split("×"))
    height = 4 * size[0] if size else 100
    width = 6 + 2 * (count**0.5) if size else 8
    below = max(height / 2 + 18, 36)
    return box(x, y, width, height, color) + lines(x, y + below, shape, *words)


def published_discriminator() -> Diagram:
    blue, y = COLORS["D"], 120
    return Diagram(
        "The published discriminator, and where the label enters",
        "The row of 10 is spread over the image as ten planes, so that D starts from 28×28×11. Two "
        "strided convolutions make 14×14×64 and 7×7×128; the maximum of each map leaves 128 "
        "numbers, and one dense layer makes the logit.",
        270,
        [
            maps(60, y, "28×28×1", COLORS["x"], "image x"),
            row_y(110, 242),
            lines(176, 239, "10 planes: each cell", "spread over 28×28", anchor="start"),
            maps(185, y, "28×28×11", blue),
            maps(310, y, "14×14×64", blue, "convolution, stride 2"),
            maps(440, y, "7×7×128", blue, "convolution, stride 2"),
            maps(550, y, "128", blue, "largest of each map"),
            diamond(655, y, "logit") + lines(655, y + 48, "dense"),
            arrow((68, y), (173, y)),
            arrow((110, 210), (110, 160), (173, 140)),
            arrow((194, y), (297, y)),
            arrow((323, y), (423, y)),
            arrow((457, y), (544, y)),
            arrow((556, y), (625, y)),
        ],
    )


def discriminator() -> Diagram:
    blue, y = COLORS["D"], 135
    return Diagram(
        "The quick discriminator, and where the label enters",
        "Three strided convolutions turn the image, 28×28×1, into 14×14×32, 7×7×64 and 4×4×128 "
        "maps: 2,048 features. From these one dense layer makes 1 number, realness, and another "
        "10, a match for each class. The label's row picks its match; the sum of the two is the "
        "logit.",
        320,
        [
            maps(50, y, "28×28×1", COLORS["x"], "image x"),
            maps(150, y, "14×14×32", blue, "convolution,", "stride 2"),
            maps(245, y, "7×7×64", blue, "convolution,", "stride 2"),
            maps(335, y, "4×4×128", blue, "convolution,", "stride 2"),
            maps(425, y, "2,048", blue, "features"),
            box(520, 75, 16, 16, blue) + lines(520, 58, "1: realness"),
            box(520, 195, 100, 16, blue) + lines(520, 223, "10: a match", "for each class"),
            row_y(612, 280, chosen=3),
            node(612, 195, "·"),
            node(612, 75, "+"),
            diamond(680, 75, "logit"),
            arrow((58, y), (138, y)),
            arrow((162, y), (232, y)),
            arrow((259, y), (317, y)),
            arrow((353, y), (419, y)),
            arrow((431, y), (512, 80)),
            arrow((431, y), (470, 184)),
            arrow((572, 195), (601, 195)),
            arrow((612, 250), (612, 206)),
            arrow((612, 184), (612, 86)),
            arrow((530, 75), (601, 75)),
            arrow((623, 75), (650, 75)),
            lines(625, 150, "the match", "with y", anchor="start"),
        ],
    )


def generator() -> Diagram:
    pink, y = COLORS["G"], 130
    return Diagram(
        "The quick generator, and where the label enters",
        "The label's row of 10 becomes an embedding of 32 numbers and joins the 64 of the noise. A "
        "dense layer makes 7×7×64 maps of the 96; a transposed convolution 14×14×64; a convolution "
        "14×14×4, whose four maps are dealt out as the pixels of one image, 28×28×1.",
        260,
        [
            disc_z(66, 75) + lines(66, 112, "64"),
            row_y(66, 200) + lines(66, 224, "10, embedded", "in 32 numbers"),
            maps(185, y, "96", pink, "together"),
            maps(285, y, "7×7×64", pink, "dense"),
            maps(395, y, "14×14×64", pink, "transposed", "convolution"),
            maps(510, y, "14×14×4", pink, "convolution"),
            maps(630, y, "28×28×1", COLORS["x"], "image: four maps", "as one, sigmoid"),
            arrow((88, 80), (179, y - 15)),
            arrow((118, 195), (179, y + 15)),
            arrow((191, y), (271, y)),
            arrow((299, y), (381, y)),
            arrow((409, y), (503, y)),
            arrow((517, y), (620, y)),
        ],
    )


def published_generator() -> Diagram:
    pink, y = COLORS["G"], 130
    return Diagram(
        "The published generator, and where the label enters",
        "The label's row of 10 joins the 128 numbers of the noise as it is. A dense layer makes "
        "7×7×138 maps; two transposed convolutions double their size, to 14×14×128 and 28×28×128; "
        "a last convolution makes the image, 28×28×1.",
        260,
        [
            disc_z(66, 75) + lines(66, 112, "128"),
            row_y(66, 200) + lines(66, 224, "10"),
            maps(185, y, "138", pink, "together"),
            maps(285, y, "7×7×138", pink, "dense"),
            maps(395, y, "14×14×128", pink, "transposed", "convolution"),
            maps(515, y, "28×28×128", pink, "transposed", "convolution"),
            maps(640, y, "28×28×1", COLORS["x"], "image: convolution,", "sigmoid"),
            arrow((88, 80), (179, y - 15)),
            arrow((118, 195), (179, y + 15)),
            arrow((191, y), (268, y)),
            arrow((302, y), (379, y)),
            arrow((411, y), (499, y)),
            arrow((531, y), (631, y)),
        ],
    )


DIAGRAMS: dict[str, Callable[[], Diagram]] = {
    "overview": overview,
    "step of D": step_of_d,
    "step of G": step_of_g,
    "generator": generator,
    "discriminator": discriminator,
    "published generator": published_generator,
    "published discriminator": published_discriminator,
}
