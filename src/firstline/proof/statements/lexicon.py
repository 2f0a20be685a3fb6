"""Words with a part to play in a proof: what denies, hedges, restricts or widens.

Everyday English of support, not any company's. A word may stand in several tables.
"""

from __future__ import annotations

from typing import Final

NEGATIONS: Final = frozenset(
    """
    not no never cannot can't don't doesn't didn't won't wouldn't isn't aren't wasn't weren't
    haven't hasn't hadn't shouldn't couldn't mustn't needn't mightn't shan't without neither none
    nor nothing nobody nowhere n't dont doesnt didnt cant wont isnt arent wasnt lack lacks lacking
    fail fails failed unable
    """.split()
)

NOT_NEGATING: Final = frozenset(
    """
    only later more less fewer longer earlier sooner matter problem worries sure doubt cost
    charge just
    """.split()
)
"""After a negation, words with which it denies nothing: "not only", "no later than"."""

HEDGES: Final = frozenset(
    """
    may might can could usually typically generally often sometimes normally commonly mostly
    likely probably possibly potentially perhaps approximately about around some certain
    occasionally should most many estimated expected expect tend tends
    """.split()
)
STRONG: Final = frozenset(
    """
    will always must guaranteed guarantee guarantees definitely certainly surely inevitably
    invariably undoubtedly absolutely necessarily won't
    """.split()
)

ABSOLUTES: Final = {
    word: group
    for line in """
    unlimited limitless unlimited infinite endless
    always always every all invariably
    never never not no cannot
    any any all every anyone anything whichever
    all all every each any entire whole both everything
    every every all each any
    everything everything all
    everyone everyone all everybody every anyone
    anyone anyone anybody any everyone everybody all
    anybody anyone anybody any everyone everybody all
    everybody everyone all everybody every anyone anybody
    exactly exactly precisely exact
    precisely exactly precisely exact
    anything anything any everything
    anytime anytime any always
    guarantee guarantee guaranteed ensure assure
    guaranteed guarantee guaranteed ensure assure
    guarantees guarantee guaranteed ensure assure
    immediately immediately immediate instantly instant straight once
    immediate immediately immediate instantly instant
    instantly immediately immediate instantly instant
    instant immediately immediate instantly instant
    definitely definitely certain certainly
    certainly definitely certain certainly
    undoubtedly undoubtedly
    absolutely absolutely
    completely completely fully entirely complete full entire all
    entirely completely fully entirely complete full entire all
    fully completely fully entirely complete full entire all
    permanently permanently permanent forever
    forever permanently permanent forever indefinitely
    lifetime lifetime
    automatically automatically automatic auto
    free free complimentary gratis nothing waived
    regardless regardless whatever irrespective any
    no-questions-asked no-questions-asked
    complimentary free complimentary gratis
    100% 100%
    solely solely only
    exclusively exclusively only exclusive solely
    """.strip().splitlines()
    for word, *group in [line.split()]
}
"""Words that widen a statement, and the words of the evidence that allow each."""

CONDITIONS: Final = frozenset(
    "if unless only except provided providing until subject excluding otherwise".split()
)
"""Words that begin what a statement depends on."""

CAUSES: Final = frozenset("because due caused owing thanks".split())
"""Words that begin a cause."""

CLAUSE_STARTS: Final = frozenset(
    """
    but because if unless although though while whereas when until since so except otherwise
    however which who that where before after
    """.split()
)
"""Words at which a clause begins."""

AUXILIARIES: Final = frozenset(
    """
    is are was were be been do does did have has had can could may might will would shall should
    must cannot can't don't doesn't didn't won't isn't aren't it you we they i he she there this
    these those
    """.split()
)
"""Words that show that a clause follows "and" rather than another thing."""

_OPPOSITE_LINES: Final = """
    before after
    with without
    above below
    over under
    more less fewer
    most least
    minimum maximum
    oldest newest latest
    earliest latest
    highest lowest
    largest smallest
    first last
    must may can
    nobody everybody everyone anybody
    nothing everything
    inside outside
    within after
    incoming outgoing
    up down
    on off
    in out
    into from
    start end
    always never
    all none
    both neither
    earn lose
    open closed
    month year week day hour minute second quarter
    months years weeks days hours minutes seconds quarters
    from to
    until after
    until from
    any no
"""
OPPOSITES: Final = {
    word: frozenset(line.split()) - {word}
    for word in {word for line in _OPPOSITE_LINES.splitlines() for word in line.split()}
    for line in (" ".join(one for one in _OPPOSITE_LINES.splitlines() if word in one.split()),)
}
"""Small words that turn the sense when one stands in the place of the other."""

RESTRICTIONS: Final = {
    "only": frozenset("only just solely exclusively must unless without except".split()),
    "if": frozenset(
        "if when once provided where whether should unless only as for with after".split()
    ),
    "when": frozenset(
        "when if once while whenever upon as after during where provided until unless for".split()
    ),
    "after": frozenset("after once when following upon since from until later within of".split()),
    "unless": frozenset("unless if except without until not".split()),
    "except": frozenset("except but excluding not other unless apart besides".split()),
    "excluding": frozenset("except but excluding not other without".split()),
    "until": frozenset("until till before by up through to long not".split()),
    "within": frozenset(
        "within in before by no more than less under during up over per inside".split()
    ),
    "minimum": frozenset("minimum min least more than starting from".split()),
    "maximum": frozenset("maximum max most up more limit limited less than".split()),
    "provided": frozenset("provided if when long only once".split()),
    "subject": frozenset("subject if depending depend depends apply applies".split()),
}
"""Words that restrict a statement, and the words of which one must be there in their place."""
