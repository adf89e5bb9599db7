"""Peers in PyTorch: an optional command, which judges files that were drawn elsewhere."""

import argparse
import ast
import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

import cgan_utils as cg
import common
import peers

ROOT = Path(peers.__file__).parents[1]


def imported(path):
    names = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(node.module or "")
    return {name.partition(".")[0] for name in names}


def test_three_files_need_torch_and_they_need_no_tensorflow():
    folders = "cgan_utils", "benchmarks", "tools"
    paths = [path for folder in folders for path in (ROOT / folder).glob("*.py")]
    needy = sorted(path for path in paths if "torch" in imported(path))
    assert [path.name for path in needy] == ["torch_gans.py", "torch_labs.py", "torch_search.py"]
    for path in needy:
        assert not imported(path) & {"tensorflow", "keras", "cgan_utils", "common"}
    for name in ("pyproject.toml", "constraints.txt", "environment.yml"):
        assert "torch" not in (ROOT / name).read_text("utf-8")


@pytest.fixture
def drawn(tmp_path):
    """A file as torch_gans.py writes it, of real digits."""
    digits = cg.load_images("mnist", "test")
    card = {"peer": "quick", "seed": 0, "steps": 10, "losses": [[1.5, 0.75], [1.25, 0.5]]}
    path = tmp_path / "quick_0_10.npz"
    np.savez_compressed(
        path,
        card=json.dumps(card),
        images=np.round(255 * digits.images[..., 0]).astype(np.uint8),
        labels=digits.labels.astype(np.uint8),
    )
    return path


def test_both_judges_look_at_each_drawn_file_once(drawn, tmp_path):
    log = common.Log("tries", tmp_path)
    for _ in range(2):
        peers.judge(tmp_path, log)
    (run,) = log.table("runs")
    assert {"peer": "quick", "steps": 10, "samples": 1_000, "d_loss": 1.25}.items() <= run.items()
    assert "losses" not in run
    for name in common.JUDGES:  # these digits are real
        assert run[name]["conditional_accuracy"] > 0.98
        assert run[name]["frechet_distance"] < 3 * cg.Judge(name).reference.floors[1_000]


def test_the_data_travel_whole(tmp_path):
    digits = cg.load_images("mnist", "train")
    peers.write_npz(digits, tmp_path / "images.npz")
    with np.load(tmp_path / "images.npz") as file:
        images = file["x_train"].astype(np.float32) / 255
        np.testing.assert_allclose(images, digits.images[..., 0], atol=1e-7)
        np.testing.assert_array_equal(file["y_train"], digits.labels)
        np.testing.assert_array_equal(file["y_test"], common.asked_labels())


def test_what_the_log_holds_is_not_drawn_again(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(peers, "torch_gans", lambda data, *options: asked.append(options))
    log, data = common.Log("tries", tmp_path), cg.load_images("mnist", "test")
    run = {"peer": "quick", "training_images": 1_000, "of_epochs": 16, "samples": 10_000}
    log.append("runs", {**run, "seed": 0, "epochs": 16.0})
    log.append("runs", {**run, "seed": 1, "epochs": 4.3})  # stopped before its end
    options = argparse.Namespace(seeds=3, seconds=None, epochs=None, device="cpu")
    peers.draw("quick", data, log, options)
    options.seconds = 9.0
    peers.draw("quick", data, log, options)
    assert [" ".join(map(str, each)) for each in asked] == [
        "--peers quick --seeds 1 2 --epochs 16 --device cpu",
        "--peers quick --seeds 0 1 2 --seconds 9.0 --device cpu",
    ]


def test_without_torch_there_is_a_sentence(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match="pip install torch.*or judge what was drawn elsewhere"):
        peers.torch_gans(cg.load_images("mnist", "test"))
