"""The accounting of the prompt cache."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from firstline.testing.catalogue import KnownModel, by_name
from firstline.testing.prompt_cache import CacheUse, PromptCache
from firstline.testing.tokens import END, count

SONNET = by_name()["claude-sonnet-4-6"]
HAIKU = by_name()["claude-haiku-4-5"]
LONG = "Refunds are paid within thirty days. " * 150
"""About 1,400 tokens."""


def _text(text: str, ttl: str = "") -> dict[str, Any]:
    block: dict[str, Any] = {"type": "text", "text": text}
    return {**block, "cache_control": {"type": "ephemeral", "ttl": ttl}} if ttl else block


def _body(*system: dict[str, Any], user: Any = "Where is my money?", **more: Any) -> dict[str, Any]:
    return {"system": list(system), "messages": [{"role": "user", "content": user}], **more}


def _ask(
    cache: PromptCache, body: dict[str, Any], now: float, model: KnownModel = SONNET
) -> CacheUse:
    use = cache.use(model, body, now)
    cache.keep(use, now)
    return use


def test_a_prefix_is_written_once_and_then_read() -> None:
    """The second request with the same prefix reads what the first wrote."""
    cache = PromptCache()
    first = _ask(cache, _body(_text(LONG, "5m")), 0.0)
    second = _ask(cache, _body(_text(LONG, "5m"), user="And the next question?"), 1.0)
    assert first.write_5m > 1024
    assert (first.read, first.write_1h) == (0, 0)
    assert (second.read, second.write_5m) == (first.write_5m, 0)


def test_a_prefix_below_the_models_minimum_is_silently_not_cached() -> None:
    """What is long enough for Sonnet 4.6 is too short for Haiku 4.5."""
    body = _body(_text(LONG, "5m"))
    assert _ask(PromptCache(), body, 0.0, HAIKU) == CacheUse(input=count(body, 1.0))


def test_an_entry_lives_for_its_time_after_its_last_use() -> None:
    """Each use of a five-minute entry gives it five minutes more."""
    cache = PromptCache()
    body = _body(_text(LONG, "5m"))
    _ask(cache, body, 0.0)
    assert _ask(cache, body, 290.0).read > 0
    assert _ask(cache, body, 580.0).read > 0
    assert _ask(cache, body, 881.0).read == 0


def test_an_hour_is_an_hour() -> None:
    """A one-hour entry is written as such and outlives five minutes."""
    cache = PromptCache()
    body = _body(_text(LONG, "1h"))
    assert _ask(cache, body, 0.0).write_1h > 0
    assert _ask(cache, body, 3500.0).read > 0


def test_another_first_word_is_another_prefix() -> None:
    """A change anywhere before the breakpoint reads nothing."""
    cache = PromptCache()
    _ask(cache, _body(_text(LONG, "5m")), 0.0)
    assert _ask(cache, _body(_text("New. " + LONG, "5m")), 1.0).read == 0


def test_another_schema_is_another_prefix() -> None:
    """The schema stands before everything else."""
    cache = PromptCache()
    wanted = {"format": {"type": "json_schema", "schema": {"type": "string"}}}
    _ask(cache, _body(_text(LONG, "5m")), 0.0)
    assert _ask(cache, _body(_text(LONG, "5m"), output_config=wanted), 1.0).read == 0


def test_models_do_not_share_entries() -> None:
    """What one model wrote another does not read."""
    cache = PromptCache()
    _ask(cache, _body(_text(LONG * 4, "5m")), 0.0)
    assert _ask(cache, _body(_text(LONG * 4, "5m")), 1.0, HAIKU).read == 0


def test_two_breakpoints_with_two_lives() -> None:
    """A later breakpoint writes only what stands after the earlier one."""
    cache = PromptCache()
    both = _body(_text(LONG, "1h"), _text(LONG.upper(), "5m"))
    first = _ask(cache, both, 0.0)
    assert first.write_1h > 1024
    assert first.write_5m > 1024
    later = _ask(cache, both, 400.0)
    assert (later.read, later.write_5m, later.write_1h) == (first.write_1h, first.write_5m, 0)


def test_the_look_back_ends_after_twenty_blocks() -> None:
    """An entry more than twenty blocks before the breakpoint is not found."""
    for extra, found in ((15, True), (25, False)):
        cache = PromptCache()
        _ask(cache, _body(_text(LONG, "5m")), 0.0)
        turn = [_text(f"Line {at}") for at in range(extra)] + [_text("End", "5m")]
        assert (_ask(cache, _body(_text(LONG), user=turn), 1.0).read > 0) is found


def test_automatic_caching_marks_the_last_block() -> None:
    """Top-level `cache_control` caches the whole conversation so far."""
    cache = PromptCache()
    marked = {"cache_control": {"type": "ephemeral"}}
    first = _ask(cache, _body(_text(LONG), **marked), 0.0)
    assert first.input == END
    longer = _body(_text(LONG), **marked)
    longer["messages"] += [
        {"role": "assistant", "content": "On its way."},
        {"role": "user", "content": "When?"},
    ]
    second = _ask(cache, longer, 1.0)
    assert second.read == first.write_5m
    assert second.write_5m > 0


@given(
    st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["", "", "5m", "1h"])), max_size=6),
    st.lists(st.floats(0, 5000), min_size=1, max_size=6),
)
def test_every_token_is_counted_once(plan: list[tuple[int, str]], moments: list[float]) -> None:
    """Whatever is cached, the parts add up to the whole prompt."""
    cache = PromptCache()
    body = _body(*(_text(LONG * size + "x", ttl) for size, ttl in plan))
    for now in sorted(moments):
        use = _ask(cache, body, now)
        assert use.total == count(body, SONNET.token_factor)
        assert min(use.input, use.read, use.write_5m, use.write_1h) >= 0
