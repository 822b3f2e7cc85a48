"""Model files: found again, verified before use, never half there."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import skops.io

from ml import registry
from ml.fraud.detector import Detector
from runtime.errors import BankError

NAME = "toy"
INPUTS = registry.Inputs(
    cut_off=date(2024, 7, 1),
    window_from=date(2024, 1, 1),
    data_hash="d" * 64,
    features=["a", "b"],
    params={"members": ["pca"]},
    seed=1,
    versions={"pyod": "3"},
)
ROWS = np.random.default_rng(0).normal(size=(200, 2))


def _model(seed: int = 1) -> Detector:
    return Detector(["pca"], seed).fit(ROWS, ["a", "b"])


def _register(folder: Path, inputs: registry.Inputs = INPUTS) -> registry.ModelInfo:
    info = registry.save(folder, NAME, inputs, _model(), {"rows": 200})
    registry.make_current(folder, info)
    return info


def _flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_loaded_model_scores_like_the_saved_one(tmp_path: Path) -> None:
    _register(tmp_path)
    info = registry.current(tmp_path, NAME, INPUTS.cut_off)
    assert info is not None and info.id.startswith("toy/2024-07-01-")
    assert np.array_equal(registry.load(info).score(ROWS), _model().score(ROWS))


def test_manifest_says_what_the_model_was_made_from(tmp_path: Path) -> None:
    manifest = json.loads((_register(tmp_path).folder / "manifest.json").read_text())
    assert manifest["inputs"] == {
        "cut_off": "2024-07-01",
        "window_from": "2024-01-01",
        "data_hash": "d" * 64,
        "features": ["a", "b"],
        "params": {"members": ["pca"]},
        "seed": 1,
        "versions": {"pyod": "3"},
    }
    assert manifest["metrics"] == {"rows": 200}


def test_same_inputs_find_the_model_and_any_other_does_not(tmp_path: Path) -> None:
    info = _register(tmp_path)
    found = registry.find(tmp_path, NAME, INPUTS)
    assert found is not None and found.id == info.id
    others = [
        replace(INPUTS, data_hash="e" * 64),
        replace(INPUTS, seed=2),
        replace(INPUTS, params={"members": ["gmm"]}),
        replace(INPUTS, features=["a"]),
        replace(INPUTS, versions={"pyod": "4"}),
        replace(INPUTS, cut_off=date(2024, 10, 1)),
    ]
    assert [registry.find(tmp_path, NAME, other) for other in others] == [None] * len(others)


def test_corrected_data_make_a_second_model_beside_the_first(tmp_path: Path) -> None:
    first = _register(tmp_path)
    second = _register(tmp_path, replace(INPUTS, data_hash="e" * 64))
    current = registry.current(tmp_path, NAME, INPUTS.cut_off)
    assert current is not None and current.id == second.id != first.id
    assert registry.make_current(tmp_path, first)
    assert not registry.make_current(tmp_path, first)
    assert registry.find(tmp_path, NAME, replace(INPUTS, data_hash="e" * 64)) is not None


def test_withdrawn_cut_off_has_no_model(tmp_path: Path) -> None:
    _register(tmp_path)
    registry.withdraw(tmp_path, NAME, INPUTS.cut_off)
    assert registry.current(tmp_path, NAME, INPUTS.cut_off) is None
    assert registry.find(tmp_path, NAME, INPUTS) is not None


@pytest.mark.parametrize("damage", ["flip", "truncate", "empty", "remove"])
@pytest.mark.parametrize("name", ["model.skops", "manifest.json"])
def test_damaged_file_is_refused_and_mended_by_saving_again(tmp_path: Path, name: str, damage: str) -> None:
    info = _register(tmp_path)
    path = info.folder / name
    match damage:
        case "flip":
            _flip_a_bit(path)
        case "truncate":
            path.write_bytes(path.read_bytes()[:-10])
        case "empty":
            path.write_bytes(b"")
        case "remove":
            path.unlink()
    with pytest.raises(BankError, match="is refused"):
        current = registry.current(tmp_path, NAME, INPUTS.cut_off)
        registry.load(current or info)
    with pytest.raises(BankError, match=f"{name} is refused"):
        registry.find(tmp_path, NAME, INPUTS)
    _register(tmp_path)
    mended = registry.find(tmp_path, NAME, INPUTS)
    assert mended is not None
    assert np.array_equal(registry.load(mended).score(ROWS), _model().score(ROWS))


def test_damaged_pointer_file_is_refused_and_made_anew(tmp_path: Path) -> None:
    info = _register(tmp_path)
    (tmp_path / NAME / "current.json").write_text("{")
    with pytest.raises(BankError, match="not JSON"):
        registry.current(tmp_path, NAME, INPUTS.cut_off)
    assert registry.make_current(tmp_path, info)
    assert registry.current(tmp_path, NAME, INPUTS.cut_off) is not None


def test_other_types_than_the_listed_ones_are_refused(tmp_path: Path) -> None:
    """A file with a right checksum and a foreign type: the list in the code decides, not the file."""
    from pyod.models.hbos import HBOS

    info = registry.save(tmp_path, NAME, INPUTS, HBOS(), {})
    assert skops.io.get_untrusted_types(file=info.folder / "model.skops") == ["pyod.models.hbos.HBOS"]
    with pytest.raises(BankError, match=r"Untrusted types .*HBOS"):
        registry.load(info)


KILLED_SAVE = """
import sys
from pathlib import Path
from dataclasses import replace
from ml import registry
from tests.ml.test_registry import INPUTS, NAME, _model
folder = Path(sys.argv[1])
info = registry.save(folder, NAME, replace(INPUTS, data_hash="e" * 64), _model(), {})
registry.make_current(folder, info)
"""


@pytest.mark.parametrize("failpoint", ["model.after_write", "model.before_register"])
def test_killed_while_saving_the_old_model_stays_current(tmp_path: Path, failpoint: str) -> None:
    old = _register(tmp_path)
    command = [sys.executable, "-c", KILLED_SAVE, str(tmp_path)]
    root = Path(__file__).resolve().parents[2]
    killed = subprocess.run(command, env={"BANK_FAILPOINT": failpoint}, cwd=root, check=False)
    assert killed.returncode == -9
    current = registry.current(tmp_path, NAME, INPUTS.cut_off)
    assert current is not None and current.id == old.id
    assert np.array_equal(registry.load(current).score(ROWS), _model().score(ROWS))

    new = _register(tmp_path, replace(INPUTS, data_hash="e" * 64))
    current = registry.current(tmp_path, NAME, INPUTS.cut_off)
    assert current is not None and current.id == new.id
    assert not list((tmp_path / NAME).glob(".*"))
