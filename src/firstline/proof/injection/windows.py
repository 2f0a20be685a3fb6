"""A text cut into windows of about a sentence: an order to an assistant is one line of many."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from firstline.proof.folding import fold_letters

_ADDRESS, _MAIL, _NUMBER = "<url>", "<mail>", "0"
_STOPS = frozenset(".!?;|。！？")
_JOINERS = frozenset("'.,_+-@")
"""Signs that may stand inside a word."""
_FEWEST = 4
"""Words of a window; shorter sentences are read with what follows."""
_MOST = 32
_MOST_TOKENS = 7_000
_WIDE = 0x2E80
"""Scripts above this are written without spaces: each character is a word."""
_LONGEST_WORD = 24
_LONGEST_CHUNK = 120
_OUTER = '!?;:|"()[]{}<>*#=~/\\&$%^`'
"""Signs that often stand before or after a word."""
_AROUND = _OUTER + "".join(sorted(_JOINERS))
_SIGNS_KEPT = 3
"""Of a run of signs around a word."""
_BEFORE = frozenset(
    "please also and now then so but kindly just ok okay hey hi hello first next".split()
)
"""Words before the one that says whether something is asked for."""
_ASKING = frozenset(
    """add adjust analyse analyze announce answer append apply arrange assess assume bake book break
    brainstorm build calculate call categorise categorize change check choose classify clear
    combine come compare compile complete compose compute conduct consider construct convert
    convince cook copy count craft create decode decrypt define delete deliver describe design
    detect determine develop diagnose discuss display divide do draft draw edit elaborate encode
    encrypt estimate evaluate examine execute explain explore express extract fetch fill find
    forecast format formulate gather generate get give go group guess guide help highlight hunt
    identify illustrate imagine implement improve include inform insert interpret introduce invent
    investigate join judge keep lay learn let let's list locate look make map mark measure mention
    merge move name notify open optimise optimize order organise organize outline paint paraphrase
    parse perform plan play plot post predict prepare present pretend print prioritise prioritize
    produce pronounce propose prove provide put quote rank rate read rearrange recite recommend
    record remind remove rename reorder repeat rephrase replace reply report research respond
    return reveal review rewrite rhyme rotate run say schedule scramble search select send set
    share show simplify simulate sing solve sort speak spell split start state stop sing suggest
    summarise summarize swap take teach tell test think track transcribe transform translate try
    turn unscramble update use verify visualise visualize wake watch write
    what what's whats who who's whom whose when where why which how how's can could would will
    should shall is are am was were do does did has have had may might""".split()
)
"""First words of questions and of requests, in English."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a text, as words and signs."""

    start: int
    end: int
    tokens: tuple[str, ...]
    words: int
    """How many of the tokens are words."""

    @property
    def asks(self) -> bool:
        """Whether it is a question or a request, by its form."""
        if "?" in self.tokens[-1:] or "？" in self.tokens[-1:]:
            return True
        first = next((token for token in self.tokens if token[0].isalnum()), "")
        if first not in _BEFORE:
            return first in _ASKING
        rest = [token for token in self.tokens if token[0].isalnum() and token not in _BEFORE]
        return bool(rest) and rest[0] in _ASKING


class _Padding(dict[int, str]):
    """A translation table that puts spaces around the signs that end a word."""

    _LARGEST = 20_000

    def __missing__(self, code: int) -> str:
        sign = chr(code)
        padded = sign if sign.isalnum() or sign in _JOINERS else f" {sign} "
        if len(self) > self._LARGEST:
            self.clear()
        self[code] = padded
        return padded


_PADDING = _Padding()


class _Cutter:
    """Collects tokens and closes a window where a sentence ends."""

    def __init__(self) -> None:
        self.found: list[Window] = []
        self.seen = 0
        self._tokens: list[str] = []
        self._words = 0
        self._start = 0
        self._end = 0

    def add(self, token: str, start: int, end: int) -> None:
        if not self._tokens:
            self._start = start
        self._end = end
        self.seen += 1
        self._tokens.append(token)
        if token[0].isalnum():
            self._words += 1
        full = self._words >= _MOST or len(self._tokens) >= 2 * _MOST
        if full or (token in _STOPS and self._words >= _FEWEST):
            self.close()

    def close(self) -> None:
        if self._tokens:
            self.found.append(Window(self._start, self._end, tuple(self._tokens), self._words))
        self._tokens, self._words = [], 0

    def end_line(self) -> None:
        if self._words >= _FEWEST:
            self.close()


def windows(text: str) -> tuple[Window, ...]:
    """Return a text as windows, in order. Numbers and addresses are told by their kind only.

    At most 7,000 words and signs are read, about 30 kB of ordinary text.
    """
    cutter = _Cutter()
    folded = fold_letters(text)
    line_start = 0
    for line in text.split("\n"):
        line_end = line_start + len(line)
        start = line_start
        for chunk in folded[line_start:line_end].split(" "):
            end = start + len(chunk)
            if chunk:
                for token in _tokens(chunk):
                    cutter.add(token, start, end)
            start = end + 1
            if cutter.seen > _MOST_TOKENS:
                cutter.close()
                return tuple(cutter.found)
        cutter.end_line()
        line_start = line_end + 1
    cutter.close()
    return tuple(cutter.found)


def _tokens(chunk: str) -> Iterator[str]:
    """Yield the words and signs of what stands between two spaces."""
    if chunk.isalpha() and ord(chunk[0]) < _WIDE:
        yield chunk[:_LONGEST_WORD]
    elif chunk.startswith(("http://", "https://", "www.")):
        yield _ADDRESS
    elif ord(chunk[0]) >= _WIDE:
        yield from chunk
    else:
        yield from _parts(chunk[:_LONGEST_CHUNK])


def _parts(chunk: str) -> Iterator[str]:
    core = chunk.strip(_AROUND)
    if not core:
        yield from chunk[:_SIGNS_KEPT]
        return
    at = chunk.index(core)
    yield from chunk[:at][:_SIGNS_KEPT]
    for part in core.translate(_PADDING).split():
        if "@" in part:
            yield _MAIL
        elif any(map(str.isdigit, part)):
            yield _NUMBER
        else:
            yield part[:_LONGEST_WORD]
    yield from chunk[at + len(core) :][:_SIGNS_KEPT]
