"""Sentence encoders: texts to unit vectors.

Every text is encoded alone. Dynamic quantisation rounds by the largest value of the whole
batch, so a text's vector would depend on its neighbours; alone it is the same every time, in
the index and in a query. On one core a batch is no faster than its texts one by one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from firstline.errors import Place, SetupError
from firstline.knowledge import minilm

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MAX_TOKENS: Final = 256
"""What the built-in encoder was trained to read."""
MAX_CHARACTERS: Final = 8_000
"""Read of one text at most; far more than MAX_TOKENS of ordinary writing."""

Vectors = NDArray[np.float32]


class Encoder(Protocol):
    """Turns texts into vectors whose dot product says how alike two texts are."""

    @property
    def name(self) -> str:
        """Id and hash; stored beside every vector, so that two encoders' never mix."""
        ...

    @property
    def dim(self) -> int:
        """Length of a vector."""
        ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row per text, shape (len(texts), dim)."""
        ...


class OnnxEncoder:
    """An ONNX sentence encoder with its `tokenizer.json` beside it.

    Reads models that take `input_ids` and `attention_mask` (and `token_type_ids`) and give
    either one vector per text or one per token, which are then averaged. Nothing is loaded
    before the first text. Safe to use from several threads.

    Raises:
        SetupError: A file is missing or is not a model this class can run.
    """

    def __init__(self, model: Path, *, name: str | None = None) -> None:
        self._path = model
        self._tokenizer_path = model.parent / "tokenizer.json"
        for path in (model, self._tokenizer_path):
            if not path.is_file():
                raise SetupError(
                    "a file of the sentence encoder is missing",
                    place=Place(file=str(path)),
                    fix="An encoder is an .onnx file with its tokenizer.json in the same folder",
                )
        self._name = name or f"{model.stem}-{_digest(model, self._tokenizer_path)}"
        self._loading = Lock()

    @property
    def name(self) -> str:
        """Id and hash of the model."""
        return self._name

    @property
    def dim(self) -> int:
        """Length of a vector; loads the model."""
        return int(self._one("").shape[0]) if self._width is None else self._width

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row per text, shape (len(texts), dim); only the first 256 tokens count.

        Raises:
            SetupError: The model cannot be loaded or run.
        """
        if not texts:
            return np.empty((0, self.dim), np.float32)
        return np.stack([self._one(text) for text in texts])

    def _one(self, text: str) -> Vectors:
        session, tokenizer = self._loaded
        # Lone surrogates, which a JSON string may hold, have no tokens.
        tokens = tokenizer.encode(text[:MAX_CHARACTERS].encode("utf-8", "ignore").decode())
        fields = {
            "input_ids": tokens.ids,
            "attention_mask": tokens.attention_mask,
            "token_type_ids": tokens.type_ids,
        }
        feed = {name: np.array([fields[name]], np.int64) for name in self._inputs}
        with _explained(self._path):
            output = np.asarray(session.run([self._output], feed)[0], np.float32)[0]
        vector: Vectors = output.mean(axis=0) if output.ndim > 1 else output
        length = float(np.linalg.norm(vector))
        return vector / np.float32(length) if length > 0 else vector

    @property
    def _loaded(self) -> tuple[Any, Tokenizer]:
        with self._loading:
            return self._session_and_tokenizer

    @cached_property
    def _session_and_tokenizer(self) -> tuple[Any, Tokenizer]:
        return _load_session(self._path), _load_tokenizer(self._tokenizer_path)

    @cached_property
    def _inputs(self) -> tuple[str, ...]:
        known = ("input_ids", "attention_mask", "token_type_ids")
        wanted = [entry.name for entry in self._loaded[0].get_inputs()]
        unknown = [name for name in wanted if name not in known]
        if unknown or "input_ids" not in wanted:
            raise SetupError(
                f"the encoder asks for inputs that are not known here: {', '.join(wanted)}",
                place=Place(file=str(self._path)),
                fix="Export it with input_ids and attention_mask as its inputs",
            )
        return tuple(wanted)

    @cached_property
    def _output(self) -> str:
        outputs = self._loaded[0].get_outputs()
        whole = [entry.name for entry in outputs if len(entry.shape) == 2]  # noqa: PLR2004 - (batch, width)
        return str(whole[0] if whole else outputs[0].name)

    @cached_property
    def _width(self) -> int | None:
        outputs = self._loaded[0].get_outputs()
        last = next(entry.shape[-1] for entry in outputs if entry.name == self._output)
        return last if isinstance(last, int) else None


def find_encoder(custom: Path | None = None) -> OnnxEncoder | None:
    """Return the encoder to use, or None when there is none on this machine.

    Args:
        custom: An ONNX file named in firstline.toml; the built-in encoder otherwise.

    Raises:
        SetupError: An encoder is there but cannot be used: wrong hash, unwritable cache folder,
            or a custom file that does not exist.
    """
    if custom is not None:
        return OnnxEncoder(custom)
    source = minilm.package_folder()
    if source is None:
        return None
    return OnnxEncoder(minilm.built_model(source) / "model.onnx", name=minilm.built_name())


def why_no_encoder(custom: Path | None = None) -> str | None:
    """Return why there is no usable encoder, as a clause, or None when there is one."""
    if custom is None and minilm.package_folder() is None:
        return f"the package {minilm.PACKAGE.replace('_', '-')} is not installed"
    try:
        find_encoder(custom)
    except SetupError as error:
        return str(error)
    return None


def _load_session(path: Path) -> Any:
    import onnxruntime  # noqa: PLC0415 - 0.1 s and 40 MB that lexical-only use does not pay

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    # An arena keeps the memory of the longest text ever seen.
    options.enable_cpu_mem_arena = False
    with _explained(path):
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn any of ONNX Runtime's exceptions, which share no base class, into a SetupError."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state  # noqa: PLC0415 - as above

    kinds = [kind for kind in vars(state).values() if isinstance(kind, type)]
    failures = tuple(kind for kind in kinds if issubclass(kind, Exception))
    try:
        yield
    except failures as error:
        raise SetupError(
            f"ONNX Runtime cannot use the sentence encoder ({type(error).__name__})",
            place=Place(file=str(path)),
            fix="Export it again; the built-in one is built again when its folder is removed",
        ) from error


def _load_tokenizer(path: Path) -> Tokenizer:
    from tokenizers import Tokenizer  # noqa: PLC0415 - as onnxruntime

    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:
        # The Rust side raises plain Exception.
        raise SetupError(
            "the tokenizer of the sentence encoder cannot be read",
            place=Place(file=str(path)),
            fix="It must be a tokenizer.json as written by the tokenizers package",
        ) from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer


def _digest(*paths: Path) -> str:
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:12]
