"""Files are there whole or not at all; what is shipped is what its card says."""

import hashlib
import json

import pytest

import cgan_utils as cg
from cgan_utils import files
from cgan_utils.files import written_whole


def test_what_is_written_takes_the_place_of_the_old(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with written_whole(path) as partial:
        partial.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new" and [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_what_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError, match="halfway"), written_whole(path) as partial:
        partial.write_text("half")
        raise RuntimeError("halfway")
    assert path.read_text() == "old" and [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_file_is_kept_where_it_shall_not_be_replaced(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(FileExistsError, match="there already"), written_whole(path, False):
        pass
    assert path.read_text() == "old"
    with written_whole(tmp_path / "b.txt", overwrite=False) as partial:
        partial.write_text("new")
    assert (tmp_path / "b.txt").read_text() == "new"


def test_a_missing_folder_and_a_folder_in_the_way_are_named(tmp_path):
    missing, message = tmp_path / "runs" / "new" / "m.keras", r"no folder '.*new' to write m.keras"
    with pytest.raises(FileNotFoundError, match=message), written_whole(missing):
        pass
    with pytest.raises(IsADirectoryError, match="is a folder"), written_whole(tmp_path):
        pass


def test_a_tilde_is_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    with written_whole("~/a.txt") as partial:
        partial.write_text("home")
    assert (tmp_path / "a.txt").read_text() == "home"


@pytest.mark.parametrize("card", sorted(files.SHIPPED.glob("*.json")), ids=lambda path: path.stem)
def test_every_card_belongs_to_a_file_and_says_what_and_how(card):
    told = json.loads(card.read_text("utf-8"))
    (path,) = (p for p in files.SHIPPED.glob(f"{card.stem}.*") if p != card)
    assert told["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    script = told["command"].split()[1]
    assert (files.SHIPPED.parent.parent / script).is_file(), told["command"]


def test_everything_shipped_has_a_card():
    names = {path.stem for path in files.SHIPPED.iterdir() if path.suffix != ".md"}
    assert names == {path.stem for path in files.SHIPPED.glob("*.json")}


def test_results_come_with_their_card_and_by_table():
    results = cg.load_results("conditioning")
    assert results["command"] == "python benchmarks/torch_labs.py"
    assert all("way" in run and "table" not in run for run in results["runs"])
    assert all("trunk" in run for run in results["matchers"])


def test_unknown_and_damaged_results_get_a_sentence(monkeypatch, tmp_path):
    with pytest.raises(ValueError, match="no results named 'faces'; there are 'attributes'"):
        cg.load_results("faces")
    for path in files.SHIPPED.glob("wasserstein.*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(files, "SHIPPED", tmp_path)
    with (tmp_path / "wasserstein.jsonl").open("a") as file:
        file.write("{}\n")
    with pytest.raises(ValueError, match="wasserstein.jsonl or its card is damaged; install"):
        cg.load_results("wasserstein")


def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path):
    (tmp_path / "folder").mkdir()
    target, link = tmp_path / "folder" / "a.txt", tmp_path / "link.txt"
    target.write_text("old")
    link.symlink_to(target)
    with written_whole(link) as partial:
        partial.write_text("new")
    assert link.is_symlink() and target.read_text() == "new"
    assert [path.name for path in target.parent.iterdir()] == ["a.txt"]
