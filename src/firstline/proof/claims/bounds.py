"""The words that bound a value ("up to", "at least", "or more") and what they mean."""

from __future__ import annotations

from functools import lru_cache

import re2

from firstline.proof.claims.claim import Bound

_BEFORE: dict[Bound, str] = {
    "at_most": (
        "up to|at most|at the most|no more than|not more than|no longer than|not longer than"
        "|no greater than|not greater than|no later than|not later than|no larger than"
        "|no higher than|not over|never more than|not exceeding|not to exceed|may not exceed"
        "|must not exceed|cannot exceed|can't exceed|does not exceed|limited to|capped at|a cap of"
        "|as many as|as much as|as long as|a maximum of|maximum of|the maximum is|maximum|max|max."
        "|a limit of|limit of|limit is|limit|within|inside|in under|in less than|<=|\x14"
        "|by|until|till|through|on or before|by no later than"
    ),
    "less_than": (
        "less than|under|fewer than|below|shorter than|smaller than|lower than|lighter than"
        "|younger than|before|prior to|earlier than|not as much as|<|short of"
    ),
    "at_least": (
        "at least|at the least|a minimum of|minimum of|the minimum is|minimum|min|min.|no less than"
        "|not less than|no fewer than|not fewer than|no earlier than|not before|starting at"
        "|starting from|starts at|starts from|start at|beginning at|as little as|as low as|from"
        "|since|as of|effective|starting|beginning|on or after|>=|\x15|upwards of|upward of"
    ),
    "more_than": (
        "more than|over|above|exceeding|exceeds|exceed|in excess of|greater than|longer than"
        "|larger than|heavier than|higher than|older than|beyond|later than|after|following|>"
    ),
    "about": (
        "about|around|approximately|approx|approx.|roughly|nearly|almost|an average of|on average"
        "|an estimated|estimated|estimated at|circa|close to|~|or so|somewhere around|some"
    ),
}
_BOUND_OF: dict[str, Bound] = {
    words: bound for bound, listed in _BEFORE.items() for words in listed.split("|")
}
_ONLY_FOR_DATES = frozenset(
    "by until till through before after following since as_of effective starting beginning"
    " on_or_before on_or_after prior_to".replace("_", " ").split()
) | {"as of", "on or before", "on or after", "prior to"}
_HEDGES = "typically|usually|generally|normally|on average|often|commonly|approximately|about"
_NOT_BEFORE_THE = frozenset(
    "over under above below from by after before beyond exceeding exceeds exceed following".split()
)

WORDS_BEFORE = "|".join(
    words.replace(".", r"\.").replace(" ", " +") + ("" if words[-1] == "." else r"\b")
    for words in sorted(_BOUND_OF, key=len, reverse=True)
    if words[0].isalpha()
)
"""Pattern of the words alone."""
_HEDGED = (
    rf"(?:{_HEDGES}) +(?:(?:takes?|taking|arrives?|be|is|are|process(?:ed|es)?|complete[sd]?"
    r"|appears?|posted|posts|received?|receives|reach(?:es)?|ready|available|back|done|resolved"
    r"|lasts?|costs?|respond|reply|replies|responds|delivered|shipped|ships|in) +){0,3}"
)
_OF_NOUN = (
    r"(?:minimum|maximum|max|min)(?: +[a-z-]+){1,3}"
    r"(?: +(?:of|is|are|:|\|)| {0,3}[:|])\s{1,3}"
)
BEFORE = (
    rf"(?:{_OF_NOUN}|(?:{_HEDGED})?(?:{WORDS_BEFORE})\s{{0,4}}|{_HEDGED})"
    r"(?:(?:the +(?:next|first|last|past|coming|following|course +of|period +of)"
    r"|a +total +of|only|just|exactly|an? +additional|another|about|approximately"
    r"|around|roughly|the|an?|is|are|of|:|your|its|our)\s{1,3}){0,2}"
)
"""Pattern of bounding words, up to the value they bound."""
_LIMIT = re2.compile(r"^(?:minimum|maximum|max|min) [a-z -]+(?:(?:of|is|are)| ?[:|])")
_HEDGE = re2.compile(rf"(?i)^(?:{_HEDGES})\b")
_SPLIT = re2.compile(
    r"(?i)^(?P<bound>(?:"
    + "|".join(
        words.replace(".", r"\.") + ("" if words[-1] in "<=>~\x14\x15" else r"\b")
        for words in sorted(_BOUND_OF, key=len, reverse=True)
    )
    + r"))\s*(?P<rest>.*)$"
)


@lru_cache(maxsize=512)
def bound_before(words: str, *, is_date: bool) -> tuple[Bound, bool]:
    """Return how the words before a value bound it, and whether they also hedge it.

    Args:
        words: What pattern `BEFORE` matched, in any case.
        is_date: Whether the value is a date or a time of day: "by" and "after" bound only those.
    """
    text = " ".join(words.lower().split())
    limit = _LIMIT.match(text)
    if limit is not None:
        return ("at_most" if text.startswith("max") else "at_least"), False
    hedged = bool(_HEDGE.match(text))
    bound, rest = _bound_at(text)
    if not bound:
        return ("about", False) if hedged else ("exact", False)
    if bound in _ONLY_FOR_DATES and not is_date:
        return "exact", hedged
    if rest.startswith(("the", "your", "its", "our")) and bound in _NOT_BEFORE_THE and not is_date:
        return "exact", hedged
    if bound == "some" and rest:
        return "exact", hedged
    kind = _BOUND_OF[bound]
    if "about" in rest or "around" in rest or "approximately" in rest:
        hedged = True
    if kind == "about":
        return kind, False
    return kind, hedged


def _bound_at(text: str) -> tuple[str, str]:
    """Return the strongest bounding words of a prefix and what follows them."""
    words = text.split()
    best = ("", "")
    for start in range(len(words)):
        match = _SPLIT.match(" ".join(words[start:]))
        if match is None:
            continue
        found = (match.group("bound"), match.group("rest").strip())
        if _BOUND_OF[found[0]] != "about":
            return found
        best = best if best[0] else found
    return best


_AFTER: dict[Bound, str] = {
    "at_most": (
        "or less|or fewer|or under|or below|or sooner|or earlier|or shorter|or lower|at most"
        "|at the most|maximum|max|limit|cap|tops|or lighter|and under|and below"
    ),
    "at_least": (
        "or more|or above|or over|or longer|or older|or greater|or higher|or later|at least|minimum"
        "|min|and up|and over|and above|and older|or better|or heavier|and more"
    ),
    "about": "or so|on average|approximately|approx",
}
_AFTER_OF: dict[str, Bound] = {
    words: bound for bound, listed in _AFTER.items() for words in listed.split("|")
}
AFTER = re2.compile(
    (
        r"(?i)(?:(\+)|[ ,]{0,2}\(?[ -](?P<words>"
        + "|".join(sorted(_AFTER_OF, key=len, reverse=True)).replace(" ", " +")
        + r"))(?:\b|\s|$)"
    ).encode()
)
"""Pattern of bounding words after a value."""


def bound_after(words: str) -> Bound:
    """Return how words after a value ("or more", "+") bound it."""
    return "at_least" if words == "+" else _AFTER_OF[" ".join(words.lower().split())]
