"""Sentences and clauses that nothing bears out: claimed actions, causes, promises, made-up detail.

The halves of every list go to different parts of the benchmark, so that the held-out part has
wordings that nobody has looked at. `{thing}` is a word of the title of the reply's own source, so
that the subject of an addition is the subject of the reply.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Final

from benchmarks.mutations_meaning import halved
from benchmarks.mutations_values import Change, Ground
from firstline.proof.sentences import words

ACTIONS: Final = (
    "I have refunded you.",
    "I've cancelled it for you.",
    "We have already processed your request.",
    "I have gone ahead and updated your account.",
    "Your refund has been issued.",
    "I've just sent you a new link by e-mail.",
    "I have passed this on to our engineers.",
    "We've credited your account with the difference.",
    "I have reset the {thing} for you.",
    "Your request has been escalated to a manager.",
    "I took the liberty of changing the setting.",
    "The {thing} has now been activated on your account.",
    "I have removed the charge from your statement.",
    "We reached out to your bank about it.",
    "I've extended your trial in the meantime.",
    "I checked the logs of your account and everything is fine.",
    "I've opened a ticket with the billing team.",
    "Your old card has been blocked as a precaution.",
    "I have applied a discount to your next payment.",
    "I added the missing item to your order.",
)
CAUSES: Final = (
    "This happened because our servers were being maintained.",
    "The reason is a bug in the latest release.",
    "This is due to an unusually high number of requests.",
    "That was caused by an outdated browser cache.",
    "It failed because your internet connection dropped.",
    "The delay comes from the holiday season.",
    "This is because your bank declined the authorisation.",
    "You are seeing this since the {thing} was migrated recently.",
    "The error is a result of a wrong setting on your side.",
    "It went wrong because two people edited it simultaneously.",
    "The {thing} was affected by an outage last night.",
    "That is because of a new regulation.",
)
CAUSE_CLAUSES: Final = (
    ", because our provider had an outage",
    " due to a recent software update",
    ", since your profile was incomplete",
    " owing to stricter fraud rules",
    ", which was caused by a synchronisation error",
    " because of a technical glitch",
    ", as the warehouse ran out of stock",
    " as a consequence of maintenance work",
)
UNSUPPORTED: Final = (
    "The {thing} typically completes within a few seconds.",
    "Most customers notice the change straight away.",
    "You can do the same from the mobile app.",
    "It works best in Chrome and Firefox.",
    "Our team monitors this around the clock.",
    "The change is synchronised to all your devices.",
    "You will find a video tutorial in the learning centre.",
    "A confirmation appears in your notification tray.",
    "Nothing else in your setup is affected.",
    "This option was introduced last spring.",
    "The {thing} is also covered by our insurance partner.",
    "You can track the progress in your dashboard.",
    "Administrators see a detailed report about it.",
    "Rest assured that the {thing} is encrypted end to end.",
    "It also works offline.",
    "Premium subscribers are served before everybody else.",
    "The {thing} can be combined with loyalty points.",
    "Duplicates are detected and merged automatically.",
    "Your colleagues are informed automatically.",
    "Many users prefer the classic layout.",
    "It is definitely a duplicate.",
    "The {thing} is compatible with all major providers.",
)
PROMISES: Final = (
    "We will refund you within 24 hours.",
    "Someone from our team will call you tomorrow.",
    "They'll e-mail you within two hours.",
    "You will hear back from us by Friday.",
    "We'll have this fixed by next week.",
    "I will make sure this never happens again.",
    "We are going to credit you $20 for the trouble.",
    "I'll personally follow up on this.",
    "A specialist is going to contact you shortly.",
    "We promise to waive the fee next time.",
    "You'll receive a replacement free of charge.",
    "Our engineers will look into the {thing} today.",
    "I'll keep you posted on any progress.",
    "We shall compensate you for the inconvenience.",
    "The {thing} will be improved in the next release.",
    "You can expect the money on your account by Monday.",
)
_DULL: Final = frozenset(
    "your with from what that this until when about into more than and the for using guide "
    "complete overview internal other questions setting managing understanding".split()
)


def _thing(ground: Ground) -> str:
    title = ground.good.evidence[0].get("title", "") or ground.good.way
    found = [word for word in words(title) if len(word) > 3 and word not in _DULL]
    return found[-1] if found else "request"


def _adding(templates: Sequence[str], *, before: bool = False) -> Change:
    """Return a change that puts a made-up sentence beside the true one."""

    def change(sentence: str, ground: Ground, chance: random.Random) -> str | None:
        told = chance.choice(halved(templates, ground)).format(thing=_thing(ground))
        said = [word for word in words(told) if len(word) > 5]
        if said and all(word in ground.said for word in said):
            return None
        return f"{told} {sentence}" if before else f"{sentence} {told}"

    return change


def _clause(sentence: str, ground: Ground, chance: random.Random) -> str | None:
    if not sentence.endswith(".") or " because " in sentence:
        return None
    return f"{sentence[:-1]}{chance.choice(halved(CAUSE_CLAUSES, ground))}."


ADDITIONS: Final[Mapping[str, Mapping[str, Change]]] = {
    "action": {"after": _adding(ACTIONS), "before": _adding(ACTIONS, before=True)},
    "cause": {"sentence": _adding(CAUSES), "clause": _clause},
    "unsupported": {"after": _adding(UNSUPPORTED), "before": _adding(UNSUPPORTED, before=True)},
    "promise": {"after": _adding(PROMISES), "before": _adding(PROMISES, before=True)},
}
