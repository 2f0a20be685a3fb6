"""Phrase files made into linear-time patterns, and found in a folded text.

A phrase file is TOML: `[fragments]` (pieces other phrases name in braces), `[except]` (phrases
of a signal that mean something harmless: they are covered before its rules look) and `[[rule]]`
(a signal, a reason in words, phrases one a line). In a phrase a space stands for one or more
spaces, and ` ... ` for at most four words.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from itertools import islice
from typing import Any, get_args

import re2

from firstline.errors import SetupError
from firstline.proof.folding import fold_phrase
from firstline.records import RiskSignal, Signal

_FRAGMENT = re2.compile(r"\{([a-z_]+)\}")
_WORD = "[^ .!?;]+"
"""A word of a gap: no gap reaches over the end of a sentence."""
_GAP = f"(?:{_WORD} ){{0,4}}"
_EDGE = r"(?:\b|^|$|[^a-z0-9_])"
"""Where a phrase may begin and end. Not only a word boundary: a phrase may end with a full stop."""
_LONGEST_NESTING = 8
_AROUND = " .,;:"
_PLACES = 4
"""Places reported for one rule; the first ones decide as well as all of them."""
_MEMORY = 8 << 20
"""Bytes one pattern's automaton may grow to. Hostile text makes it start over, not grow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Phrases that mean one signal, with the reason to show for it."""

    signal: Signal
    reason: str
    pattern: Any
    """Compiled: over ASCII bytes for `latin`, over text for other scripts."""
    latin: bool
    exception: Any | None
    """What to cover before looking again, when the pattern is found."""
    only_unverified: bool
    """Whether it counts only when nobody vouches for the sender."""


@dataclass(frozen=True, slots=True)
class FoldedText:
    """A folded text in the two forms patterns read."""

    text: str
    latin: bytes = field(init=False)
    """One byte a character; everything beyond ASCII is a question mark."""
    has_other_scripts: bool = field(init=False)

    def __post_init__(self) -> None:
        """Derive the byte form."""
        object.__setattr__(self, "latin", self.text.encode("ascii", "replace"))
        object.__setattr__(self, "has_other_scripts", not self.text.isascii())


def _expand(phrase: str, fragments: Mapping[str, str], place: str) -> str:
    """Return `phrase` with its fragments put in, however deep they nest."""

    def fragment(match: Any) -> str:
        name: str = match.group(1)
        if name not in fragments:
            raise SetupError(
                f"phrase file {place} names an unknown fragment {name!r}",
                fix="Define it under [fragments]",
            )
        return fragments[name]

    for _ in range(_LONGEST_NESTING):
        if not _FRAGMENT.search(phrase):
            return phrase
        phrase = _FRAGMENT.sub(fragment, phrase)
    raise SetupError(
        f"phrase file {place} has fragments that name each other", fix="Break the circle"
    )


def _spell(phrase: str) -> str:
    """Return a phrase as a pattern: ` ... ` is a gap, a space is any number of spaces."""
    spelled: list[str] = []
    in_class = False
    phrase = phrase.replace(" ... ", f" {_GAP}").replace(r"(?:\S+ )", f"(?:{_WORD} )")
    for place, letter in enumerate(phrase):
        if letter == "[":
            in_class = True
        elif letter == "]":
            in_class = False
        spelled.append(letter)
        if letter == " " and not in_class:
            follower = phrase[place + 1 : place + 2]
            spelled.append("" if follower in {"*", "+", "{"} else "+")
    return "".join(spelled).replace(" +?", " *")


def _compile(
    phrases: str, fragments: Mapping[str, str], *, latin: bool, boundary: bool, place: str
) -> Any:
    """Return one pattern for the lines of `phrases`; raises SetupError when one is malformed."""
    lines = [line.strip() for line in phrases.splitlines() if line.strip()]
    joined = "|".join(_spell(fold_phrase(_expand(line, fragments, place))) for line in lines)
    whole = f"{_EDGE}(?:{joined}){_EDGE}" if boundary and latin else f"(?:{joined})"
    options = re2.Options()
    options.max_mem = _MEMORY
    options.never_capture = True
    options.log_errors = False
    try:
        if not latin:
            return re2.compile(whole, options)
        options.encoding = re2.Options.Encoding.LATIN1
        return re2.compile(whole.encode("ascii"), options)
    except (re2.error, UnicodeEncodeError) as error:
        raise SetupError(
            f"phrase file {place} has a malformed phrase: {error}", fix="Correct that line"
        ) from error


def compile_phrases(phrases: str, fragments: Mapping[str, str], *, place: str) -> Any:
    """Return phrases, one a line, as one pattern over folded ASCII bytes."""
    return _compile(phrases, fragments, latin=True, boundary=True, place=place)


def read_tables(folder: Traversable) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every phrase file of a folder with its name, in order."""
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".toml"):
            yield entry.name, tomllib.loads(entry.read_text(encoding="utf-8"))


def read_rules(folder: Traversable) -> tuple[Rule, ...]:
    """Return every rule of the phrase files of a folder, compiled."""
    known = frozenset(get_args(Signal.__value__ if hasattr(Signal, "__value__") else Signal))
    exceptions = signal_exceptions(folder)
    found: list[Rule] = []
    for name, table in read_tables(folder):
        for entry in table.get("rule", ()):
            if entry["signal"] not in known:
                raise SetupError(f"phrase file {name} has a rule for no signal we know")
            latin = entry.get("script", "latin") == "latin"
            pattern = _compile(
                entry["phrases"],
                table.get("fragments", {}),
                latin=latin,
                boundary=entry.get("boundary", True),
                place=name,
            )
            found.append(
                Rule(
                    signal=entry["signal"],
                    reason=entry["reason"],
                    pattern=pattern,
                    latin=latin,
                    exception=_exception_of(entry, table, name, exceptions),
                    only_unverified=entry.get("only_unverified", False),
                )
            )
    return tuple(found)


def _exception_of(
    entry: Mapping[str, Any],
    table: Mapping[str, Any],
    place: str,
    by_signal: Mapping[str, Any],
) -> Any | None:
    """Return a rule's own exceptions, or else those of its signal; Latin letters only."""
    if entry.get("script", "latin") != "latin":
        return None
    if "except" not in entry:
        return by_signal.get(entry["signal"])
    fragments = table.get("fragments", {})
    return _compile(entry["except"], fragments, latin=True, boundary=True, place=place)


def signal_exceptions(folder: Traversable) -> dict[str, Any]:
    """Return the compiled exceptions by signal; files of one signal add up."""
    sources: defaultdict[str, list[str]] = defaultdict(list)
    for name, table in read_tables(folder):
        for signal, phrases in table.get("except", {}).items():
            fragments = table.get("fragments", {})
            sources[signal].extend(
                _expand(line, fragments, name) for line in phrases.splitlines() if line.strip()
            )
    return {
        signal: _compile("\n".join(lines), {}, latin=True, boundary=True, place=signal)
        for signal, lines in sources.items()
    }


def _covered(text: bytes, exception: Any) -> bytes:
    """Return `text` with harmless phrases blanked out, at the same length."""
    pieces: list[bytes] = []
    end = 0
    for match in exception.finditer(text):
        pieces.extend((text[end : match.start()], b"_" * (match.end() - match.start())))
        end = match.end()
    return b"".join((*pieces, text[end:])) if pieces else text


def matches(rule: Rule, folded: FoldedText) -> Iterator[RiskSignal]:
    """Yield where `rule` is found, at most a few places, in order."""
    if not rule.latin:
        if not folded.has_other_scripts:
            return
        text: str | bytes = folded.text
    else:
        text = folded.latin
    if rule.pattern.search(text) is None:
        return
    if rule.exception is not None and isinstance(text, bytes):
        text = _covered(text, rule.exception)
    for match in islice(rule.pattern.finditer(text), _PLACES):
        start, end = _trimmed(folded.text, match.start(), match.end())
        yield RiskSignal(signal=rule.signal, start=start, end=end, reason=rule.reason)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the span without the space and punctuation around it."""
    span = text[start:end]
    left = len(span) - len(span.lstrip(_AROUND))
    right = len(span.rstrip(_AROUND))
    return (start + left, start + right) if left < right else (start, end)
