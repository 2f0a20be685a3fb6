"""The prompt cache: which part of a request is read from it, written to it, and paid in full.

A prefix is matched exactly, block by block, per model and schema. An entry is written at each
breakpoint whose prefix is as long as the model's minimum, is found again by a look back over 20
blocks, and lives for its time to live after it was last used.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from firstline.testing import tokens
from firstline.testing.catalogue import KnownModel

LOOK_BACK = 20
"""Blocks before a breakpoint, itself included, in which an earlier entry is found."""
SECONDS = {"5m": 300.0, "1h": 3600.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheUse:
    """How the tokens of one request divide."""

    input: int
    """After the last breakpoint, or all where nothing is cached."""
    read: int = 0
    write_5m: int = 0
    write_1h: int = 0
    touched: tuple[tuple[bytes, float], ...] = ()
    """Entries that live on from now, with their seconds."""

    @property
    def total(self) -> int:
        """All tokens of the prompt."""
        return self.input + self.read + self.write_5m + self.write_1h

    @property
    def limited(self) -> int:
        """What counts towards the input tokens of a minute: reads do not."""
        return self.total - self.read


@dataclass(slots=True)
class PromptCache:
    """Entries by the hash of their prefix."""

    _entries: dict[bytes, float] = field(default_factory=dict)
    """Hash to the moment it dies."""

    def use(self, model: KnownModel, body: Mapping[str, Any], now: float) -> CacheUse:
        """Divide a request's tokens; nothing is written before `keep`."""
        factor = model.token_factor
        parts = list(tokens.pieces(body, factor))
        ttls = [part.ttl for part in parts]
        automatic = body.get("cache_control")
        if automatic and parts and not ttls[-1]:
            ttls[-1] = str(automatic.get("ttl", "5m"))
        sums, total = [], tokens.fixed_tokens(body, factor)
        for part in parts:
            total += part.tokens
            sums.append(total)
        total += tokens.END
        points = [at for at, ttl in enumerate(ttls) if ttl and sums[at] >= model.cache_minimum]
        if not points:
            return CacheUse(input=total)
        hashes = _prefixes(model, body, parts)
        hit = self._longest(points, hashes, now)
        return _divide(sums, ttls, points, hashes, hit, total)

    def _longest(self, points: list[int], hashes: list[bytes], now: float) -> int:
        """Return the last block of the longest living prefix, or -1."""
        for point in reversed(points):
            for at in range(point, max(point - LOOK_BACK, -1), -1):
                if self._entries.get(hashes[at], 0.0) > now:
                    return at
        return -1

    def keep(self, use: CacheUse, now: float) -> None:
        """Write what a request wrote, and let what it read live on."""
        for prefix, seconds in use.touched:
            self._entries[prefix] = now + seconds

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()


def _prefixes(model: KnownModel, body: Mapping[str, Any], parts: list[tokens.Piece]) -> list[bytes]:
    start = [model.name, (body.get("output_config") or {}).get("format")]
    running = blake2b(json.dumps(start, sort_keys=True).encode(), digest_size=16)
    hashes = []
    for part in parts:
        running.update(part.canonical)
        hashes.append(running.digest())
    return hashes


def _divide(
    sums: list[int],
    ttls: list[str],
    points: list[int],
    hashes: list[bytes],
    hit: int,
    total: int,
) -> CacheUse:
    written = {"5m": 0, "1h": 0}
    done = sums[hit] if hit >= 0 else 0
    read = done
    touched = []
    for point in points:
        touched.append((hashes[point], SECONDS[ttls[point]]))
        if point > hit:
            written[ttls[point]] += sums[point] - done
            done = sums[point]
    if hit >= 0 and hit not in points:
        touched.append((hashes[hit], SECONDS["5m"]))
    return CacheUse(
        input=total - done,
        read=read,
        write_5m=written["5m"],
        write_1h=written["1h"],
        touched=tuple(touched),
    )
