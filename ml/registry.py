"""Model files, each with what it was made from, verified before every use.

    <registry>/<name>/<cut-off>-<fingerprint>/model.skops     the fitted model
    <registry>/<name>/<cut-off>-<fingerprint>/manifest.json   what it was made from, and the file's sha256
    <registry>/<name>/current.json                            cut-off → folder in use, sha256 of its manifest

The fingerprint covers everything that decides the fitted model: cut-off, data, features, parameters, seed,
library versions. The same inputs find the same model again; a later correction of old data makes a new one
beside it. A folder is written under another name, made durable and renamed; only then does `current.json`
name it. A process killed anywhere leaves the model that was current before.

Files are skops, not pickle: loading one runs no code, and only the types in `ALLOWED_TYPES` come out of it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from runtime.errors import BankError
from runtime.failpoints import failpoint
from runtime.files import fsync_dir, write_atomic, write_json_atomic

ALLOWED_TYPES = (
    "ml.fraud.detector.Detector",
    "ml.fraud.detector.FrozenRank",
    "ml.fraud.detector.FrozenScaler",
    "pyod.models.gmm.GMM",
    "pyod.models.iforest.IForest",
    "pyod.models.pca.PCA",
    "sklearn.tree._tree.Tree",
)
"""Types a model file may hold beyond NumPy's and scikit-learn's own. Never taken from the file itself."""


@dataclass(frozen=True)
class Inputs:
    """Everything that decides a fitted model."""

    cut_off: date
    window_from: date
    data_hash: str
    features: Sequence[str]
    params: Mapping[str, Any]
    seed: int
    versions: Mapping[str, str]

    def as_json(self) -> dict[str, Any]:
        """As it stands in the manifest."""
        return json.loads(json.dumps(asdict(self), default=str, sort_keys=True))

    def fingerprint(self) -> str:
        """SHA-256 over all of it, in hexadecimal."""
        return hashlib.sha256(json.dumps(self.as_json(), sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class ModelInfo:
    """One registered model: `id` is unique and the same on every machine; `manifest` says how it was made."""

    id: str
    name: str
    cut_off: date
    folder: Path
    manifest: Mapping[str, Any]


def _version(inputs: Inputs) -> str:
    return f"{inputs.cut_off}-{inputs.fingerprint()[:8]}"


def _refused(path: Path, why: str) -> BankError:
    return BankError(
        f"The model file {path} is refused.",
        why,
        "Materialize the model's training asset again (`bank build`): it refits what it cannot verify.",
    )


def _read_manifest(folder: Path, expected_sha256: str | None = None) -> dict[str, Any]:
    path = folder / "manifest.json"
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _refused(path, f"It cannot be read ({error.strerror}).") from None
    if expected_sha256 is not None and hashlib.sha256(content).hexdigest() != expected_sha256:
        raise _refused(path, "It is not the file that was registered (sha256 differs).")
    try:
        manifest = json.loads(content)
        date.fromisoformat(manifest["inputs"]["cut_off"])
        str(manifest["sha256"])
    except (ValueError, KeyError, TypeError):
        raise _refused(path, "It is damaged: not a manifest.") from None
    return manifest


def _read_model(folder: Path, manifest: Mapping[str, Any]) -> bytes:
    """The model file's bytes, after comparing them with the manifest."""
    path = folder / "model.skops"
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _refused(path, f"It cannot be read ({error.strerror}).") from None
    if hashlib.sha256(content).hexdigest() != manifest["sha256"]:
        raise _refused(path, "Its content is not what was registered (sha256 differs).")
    return content


def _info(name: str, folder: Path, manifest: Mapping[str, Any]) -> ModelInfo:
    cut_off = date.fromisoformat(manifest["inputs"]["cut_off"])
    return ModelInfo(f"{name}/{folder.name}", name, cut_off, folder, manifest)


def _pointers(registry_dir: Path, name: str) -> dict[str, dict[str, str]]:
    path = registry_dir / name / "current.json"
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except ValueError:
        raise _refused(path, "It is damaged: not JSON.") from None


def find(registry_dir: Path, name: str, inputs: Inputs) -> ModelInfo | None:
    """The stored model made from exactly these inputs, verified; None where there is none.

    Raises:
        BankError: there is one, but it is damaged.
    """
    folder = registry_dir / name / _version(inputs)
    if not folder.is_dir():
        return None
    manifest = _read_manifest(folder)
    if manifest["inputs"] != inputs.as_json():
        raise _refused(folder / "manifest.json", "It describes other inputs than its folder's name says.")
    _read_model(folder, manifest)
    return _info(name, folder, manifest)


def save(registry_dir: Path, name: str, inputs: Inputs, model: Any, metrics: Mapping[str, Any]) -> ModelInfo:
    """Write a fitted model and its manifest into the registry; `make_current` puts it into use."""
    import skops.io

    content = skops.io.dumps(model, compression=zipfile.ZIP_DEFLATED)
    manifest = {
        "name": name,
        "inputs": inputs.as_json(),
        "metrics": dict(metrics),
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
    }
    home = registry_dir / name
    home.mkdir(parents=True, exist_ok=True)
    for leftover in home.glob(".*.tmp"):  # of a killed process; one process at a time writes here
        shutil.rmtree(leftover)
    folder = home / _version(inputs)
    temporary = home / f".{folder.name}.tmp"
    temporary.mkdir()
    write_atomic(temporary / "model.skops", content)
    write_json_atomic(temporary / "manifest.json", manifest)
    failpoint("model.after_write")
    damaged = home / f".{folder.name}.damaged.tmp"
    if folder.exists():  # a sound one is found, and not saved again
        os.replace(folder, damaged)
    os.replace(temporary, folder)
    fsync_dir(home)
    shutil.rmtree(damaged, ignore_errors=True)
    return _info(name, folder, manifest)


def make_current(registry_dir: Path, info: ModelInfo) -> bool:
    """Use this model for its cut-off from now on; True when that is a change."""
    try:
        pointers = _pointers(registry_dir, info.name)
    except BankError:  # damaged: made anew, one cut-off after the other
        pointers = {}
    manifest_sha256 = hashlib.sha256((info.folder / "manifest.json").read_bytes()).hexdigest()
    pointer = {"version": info.folder.name, "manifest_sha256": manifest_sha256}
    if pointers.get(str(info.cut_off)) == pointer:
        return False
    failpoint("model.before_register")
    pointers[str(info.cut_off)] = pointer
    write_json_atomic(registry_dir / info.name / "current.json", pointers)
    return True


def withdraw(registry_dir: Path, name: str, cut_off: date) -> None:
    """Use no model for this cut-off any more; its folders stay."""
    pointers = _pointers(registry_dir, name)
    if pointers.pop(str(cut_off), None) is not None:
        write_json_atomic(registry_dir / name / "current.json", pointers)


def current(registry_dir: Path, name: str, cut_off: date) -> ModelInfo | None:
    """What is in use for a cut-off; None where nothing is. Its manifest is verified, its model not yet.

    Raises:
        BankError: the manifest is damaged or gone.
    """
    pointer = _pointers(registry_dir, name).get(str(cut_off))
    if pointer is None:
        return None
    folder = registry_dir / name / pointer["version"]
    return _info(name, folder, _read_manifest(folder, pointer["manifest_sha256"]))


def load(info: ModelInfo) -> Any:
    """The fitted model.

    Raises:
        BankError: the file is damaged, gone, or holds a type that is not allowed.
    """
    import skops.io
    from skops.io.exceptions import UntrustedTypesFoundException

    content = _read_model(info.folder, info.manifest)
    try:
        return skops.io.loads(content, trusted=ALLOWED_TYPES)
    except UntrustedTypesFoundException as error:
        raise _refused(info.folder / "model.skops", f"{str(error).splitlines()[0]}") from None
