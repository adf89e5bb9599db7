"""The diagrams can be read by all, and say what the networks are."""

import re
from xml.etree import ElementTree

import pytest

import cgan_utils as cg
from cgan_utils import diagrams

SVG = "{http://www.w3.org/2000/svg}"
NETWORKS = {
    "generator": cg.build_generator,
    "discriminator": cg.build_discriminator,
    "published generator": cg.build_published_generator,
    "published discriminator": cg.build_published_discriminator,
}


@pytest.fixture(params=diagrams.DIAGRAMS)
def drawn(request) -> cg.Diagram:
    return cg.diagram(request.param)


def words_in(drawn) -> list[str]:
    return [text.text for text in ElementTree.fromstring(drawn.svg).iter(f"{SVG}text")]


def test_a_diagram_has_its_title_and_its_words_inside(drawn):
    picture = ElementTree.fromstring(drawn.svg)
    assert picture.get("role") == "img"
    assert picture.findtext(f"{SVG}title") == drawn.title
    assert picture.findtext(f"{SVG}desc") == drawn.description


def test_what_a_notebook_gets(drawn, monkeypatch):
    shown = []
    monkeypatch.setattr(diagrams, "display", lambda data, raw: shown.append(data))
    drawn._ipython_display_()
    picture, words = shown
    assert picture == {"image/svg+xml": drawn.svg, "text/plain": drawn.title}
    assert words["text/html"].startswith("<details>")
    assert words["text/plain"] == drawn.description and drawn.description in repr(drawn)


def test_nothing_is_drawn_beside_the_paper(drawn):
    picture = ElementTree.fromstring(drawn.svg)
    width, height = int(picture.get("width")), int(picture.get("height"))
    for shape in picture.iter():
        for x, y in re.findall(r"(-?[\d.]+),(-?[\d.]+)", shape.get("points", "")):
            assert 0 < float(x) < width and 0 < float(y) < height
        if shape.tag == f"{SVG}text":
            assert 0 < float(shape.get("x")) < width and 0 < float(shape.get("y")) < height - 5


def test_ink_and_paper_change_together_on_a_dark_page(drawn):
    for name in ("paper", "ink", "line"):
        assert drawn.svg.count(f'class="cgan-{name}"') > 0
        assert f".cgan-{name}{{" in drawn.svg


def test_each_thing_has_a_color_of_its_own():
    assert len(set(diagrams.COLORS.values())) == len(diagrams.COLORS)
    overview = cg.diagram("overview").svg
    assert all(color in overview for color in diagrams.COLORS.values())


@pytest.mark.parametrize("name", NETWORKS)
def test_the_shapes_are_those_of_the_network(name):
    """In the picture and in the words: every A×B×C is what a layer puts out."""
    drawn, network = cg.diagram(name), NETWORKS[name]()
    there = {"×".join(map(str, layer.output.shape[1:])) for layer in network.layers}
    for text in (" ".join(words_in(drawn)), drawn.description):
        named = set(re.findall(r"\d+×\d+×\d+", text))
        assert len(named) >= 3 and named <= there


@pytest.mark.parametrize("name", NETWORKS)
def test_the_vectors_are_those_of_the_network(name):
    network = NETWORKS[name]()
    sizes = {layer.output.shape[1] for layer in network.layers if len(layer.output.shape) == 2}
    words = re.findall(r"^[\d,]+$", "\n".join(words_in(cg.diagram(name))), re.MULTILINE)
    assert words and {int(word.replace(",", "")) for word in words} <= sizes


def test_who_is_frozen():
    """In D's step G is, in G's step D is, and the other one learns."""
    for step, order in (("step of D", ["frozen", "learns"]), ("step of G", ["learns", "frozen"])):
        assert [word for word in words_in(cg.diagram(step)) if word in order] == order


def test_an_unknown_name_gets_a_sentence():
    with pytest.raises(
        ValueError, match="no diagram 'critic'; choose one of \"overview\""
    ) as error:
        cg.diagram("critic")
    assert "\n" not in str(error.value)
