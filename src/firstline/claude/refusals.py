"""Telling an answer that declines from one that answers (R4.8).

A model that was given evidence and says it has none, or that it cannot help, has failed. An
article that says "codes by SMS are not supported" or "we cannot see your password" has not. So a
pattern needs somebody who speaks of their own knowledge or readiness, not of the product.
"""

from __future__ import annotations

from typing import Final

import re2

_NOT: Final = r"(?:do not|don't|did not|didn't|cannot|can not|can't|could not|couldn't)"
_UNABLE: Final = rf"(?:i(?: am|'m) (?:not able|unable|not in a position) to|i {_NOT})"
_WE_UNABLE: Final = rf"(?:we(?: are|'re) (?:not able|unable) to|we {_NOT})"
_KNOWLEDGE: Final = (
    r"(?:information|info|details?|data|documentation|context|evidence|knowledge|answers?"
    r"|articles?)"
)
_GIVEN: Final = (
    r"(?:the |your |any |this |that |available |provided |given |supplied )*"
    r"(?:evidence|context|documentation|knowledge base|information|sources?|passages?|articles?"
    r"|materials?|help cent(?:re|er))(?: provided| available| given| supplied| i have)*"
)
_SAYS: Final = (
    r"(?:say|mention|cover|contain|include|specify|state|address|provide|explain|describe|tell"
    r"|answer|give|have|list)"
)
_HELPS: Final = (
    r"(?:help|assist|answer|respond|comply|advise|determine|find (?:an answer|that|this|anything)"
    r"|(?:confirm|verify) (?:this|that|whether)|process (?:this|that) request)"
)
_I_HAVE_NOTHING: Final = (
    rf"i {_NOT} (?:currently |actually |really )?(?:have|see|find|possess) (?:\w+ ){{0,4}}"
    rf"{_KNOWLEDGE}"
)
_WE_HAVE_NOTHING: Final = (
    rf"we {_NOT} have (?:that|this|any|enough|the|sufficient) (?:\w+ ){{0,2}}"
    r"(?:information|details|answer)"
)
_I_CANNOT_GIVE: Final = (
    rf"{_UNABLE} (?:provide|give|offer|share)(?: you)?(?: with)? (?:\w+ ){{0,3}}"
    r"(?:answer|information|details|assistance|guidance)"
)
_IT_DOES_NOT_SAY: Final = (
    rf"{_GIVEN} (?:does not|doesn't|do not|don't|did not|didn't) (?:\w+ ){{0,2}}{_SAYS}"
)
_THERE_IS_NOTHING: Final = (
    r"(?:there is|there's|there are) (?:no|not enough|insufficient) (?:\w+ ){0,2}"
    r"(?:information|details|evidence|documentation)"
)
_IT_IS_NOT_IN_IT: Final = (
    r"(?:is|are|was|were) not (?:\w+ ){0,2}(?:mentioned|covered|included|found|stated|specified)"
    rf" in {_GIVEN}"
)
_NOTHING_IS_GIVEN: Final = (
    r"no (?:relevant |further |specific |such )*(?:information|details|evidence)"
    r" (?:is|are|was|were) (?:available|provided|given|found)"
)
_SORRY: Final = (
    r"(?:sorry|apologi[sz]e|afraid|unfortunately)[^.!?]{0,40}\bi"
    r" (?:can't|cannot|can not|am unable|am not able|won't)\b"
)
_PATTERNS: Final = (
    _I_HAVE_NOTHING,
    _WE_HAVE_NOTHING,
    rf"i (?:have|found|find|see) no (?:\w+ ){{0,3}}{_KNOWLEDGE}",
    rf"i {_NOT} have (?:any |direct )*(?:access|visibility)",
    rf"i lack (?:\w+ ){{0,3}}{_KNOWLEDGE}",
    rf"{_UNABLE} {_HELPS}\b",
    rf"{_WE_UNABLE} (?:help|assist|answer) (?:you )?(?:with )?(?:this|that|your)\b",
    _I_CANNOT_GIVE,
    rf"i {_NOT} know\b",
    r"i(?: am|'m) not (?:\w+ )?(?:sure|certain)\b",
    _IT_DOES_NOT_SAY,
    _THERE_IS_NOTHING,
    _IT_IS_NOT_IN_IT,
    _NOTHING_IS_GIVEN,
    r"as an ai\b",
    r"as a (?:large )?language model\b",
    _SORRY,
)
_DECLINES = re2.compile(r"(?i)(?:^|[^\p{L}])(?:" + "|".join(_PATTERNS) + ")")
_LONGEST: Final = 20_000
_PLAIN = str.maketrans({"’": "'", "‘": "'"})


def is_refusal(text: str) -> bool:
    """Whether a text says, of whoever wrote it, that they have no answer or cannot help."""
    plain = " ".join(text[:_LONGEST].translate(_PLAIN).split())
    return _DECLINES.search(plain) is not None
