"""What another system may say without evidence: thanks, sympathy, offers to help, requests.

A line passes only when nothing is left of it beside such words and what the customer said.
"""

from __future__ import annotations

from typing import Final, Literal

from firstline.proof.pattern_sets import PatternSet
from firstline.proof.statements.lemmas import LIGHT_LEMMAS, stem
from firstline.proof.statements.words import Words, has_digit, words_of

Talk = Literal["", "courtesy", "question", "restated"]

_HEADS = (
    r"(?i)^[\W_]*(?:(?:oh|ok|okay|sure|great|perfect|absolutely|certainly|of course|no problem"
    r"|got it|alright"
    r"|understood|well|wonderful|excellent|awesome)[\s,.!\-\x{2014}]+){0,2}(?:and )?"
    r"(?:thanks?\b|many thanks|thank you|hi\b|hello|hey\b|dear\b|good (?:morning|afternoon"
    r"|evening|day)"
    r"|greetings|welcome|you(?:'|\x{2019})?re (?:very |most )?welcome|you are (?:very )?welcome"
    r"|my pleasure"
    r"|i(?:'|\x{2019})?m (?:so |very |really |truly |terribly )?(?:sorry|glad|happy|pleased"
    r"|delighted|here)"
    r"|i am (?:so |very |really |truly |terribly )?(?:sorry|glad|happy|pleased|delighted|here)"
    r"|we(?:'|\x{2019})?re (?:so |very |really )?(?:sorry|glad|happy|pleased|here)"
    r"|we are (?:so |very |really )?(?:sorry|glad|happy|pleased|here)"
    r"|(?:so |very |really )?sorry\b|(?:i|we) (?:sincerely |do |truly |deeply )?apologi[sz]e"
    r"|apologies"
    r"|my (?:sincere )?apologies|our (?:sincere )?apologies|please accept"
    r"|(?:i|we) (?:completely |fully |totally |really |can )?(?:understand|appreciate|hear you"
    r"|see why|realize|realise|imagine|get)\b"
    r"|i(?:'|\x{2019})?d be (?:more than )?(?:happy|glad|delighted)"
    r"|i would be (?:more than )?(?:happy|glad)"
    r"|we(?:'|\x{2019})?d be (?:happy|glad)|i can (?:certainly |definitely |absolutely "
    r"|surely )?help"
    r"|i(?:'|\x{2019})?ll be (?:happy|glad)|happy to help|glad to help|here to help|let me help"
    r"|(?:please )?(?:let (?:me|us) know|feel free|don(?:'|\x{2019})?t hesitate|do not hesitate"
    r"|reach out)"
    r"|(?:how|what) (?:can|may|else can) i|(?:is there|was there) anything|anything else"
    r"|if (?:you (?:have|need|run into|would like|(?:'|\x{2019})?d like|want)|there(?:'"
    r"|\x{2019})?s anything|there is anything)"
    r"|have a (?:great|good|nice|wonderful|lovely)|take care|best\b|kind regards|warm regards"
    r"|regards"
    r"|sincerely|cheers|yours|all the best|enjoy|good luck|safe travels|(?:i|we) hope"
    r"|hope (?:this|that)"
    r"|looking forward|talk (?:to you )?soon|one moment|just a moment|please hold|please wait"
    r"|please bear"
    r"|congratulations|happy (?:travels|shopping)|that(?:'|\x{2019})?s (?:great|good|a great"
    r"|a good|frustrating|understandable)"
    r"|(?:great|good) question)"
)
_BARE = (
    r"(?i)^[\W_]*(?:yes|no|sure|okay|ok|of course|certainly|absolutely|great|perfect|understood"
    r"|got it"
    r"|no problem|no worries|alright|done|all set|wonderful|excellent|noted|correct|that(?:'"
    r"|\x{2019})?s (?:right|correct))[\W_]*$"
)
_REQUEST = (
    r"(?i)^[\W_]*(?:(?:to|before|in order to|so)\b[^,.;:]{2,80}, )?(?:(?:if so|then|first|now"
    r"|also|next|so|and),? )?"
    r"(?:please|kindly|could you|can you|would you|may i|can i|could i|do you|are you|just) "
    r"(?:just |also |kindly |please )?"
    r"(?:provide|confirm|share|send me|tell|specify|clarify|reply|respond|let|choose|indicate"
    r"|give me|describe"
    r"|note down|double[- ]check|advise|say|have|type|answer|verify your|state)\b"
)
_RESTATED = (
    r"(?i)^[\W_]*(?:(?:thanks?(?: you)?|ok|okay|so|i see|sorry)[\s,.!]+)?(?:i (?:see|understand"
    r"|hear|know|gather)"
    r" (?:that )?(?:you|your)|you(?:(?:'|\x{2019})?ve| have)? (?:also )?(?:mentioned|said|asked"
    r"|wrote|told|noted|described"
    r"|reported|explained|indicated|stated|requested|wanted|want|would like|are asking"
    r"|are looking|were asking)"
    r"|you(?:'|\x{2019})?re (?:asking|looking|trying)|you(?:'|\x{2019})?d like|as you (?:said"
    r"|mentioned|noted|described|wrote)"
    r"|it (?:sounds|looks|seems) like you|regarding your|about your|your (?:question|message"
    r"|request) (?:about|was|is about))"
)
_NO_ANSWER = (
    r"(?i)^[\W_]*(?:(?:sorry|unfortunately|i(?:'|\x{2019})?m sorry|i am sorry|i apologi[sz]e"
    r"|however|but)[\s,.]+(?:but )?)?"
    r"(?:i|we) (?:do not|don(?:'|\x{2019})?t|cannot|can(?:'|\x{2019})?t|can not|could not"
    r"|couldn(?:'|\x{2019})?t|am unable to|was unable to"
    r"|are unable to|am not able to|did not|didn(?:'|\x{2019})?t) "
    r"(?:currently |seem to |actually |yet )?(?:have|find|know|see|locate|answer|access|provide"
    r"|determine|tell|recall)\b"
    r"[^.;:]{0,80}\b(?:information|details?|answer|question|documentation|context|knowledge|data"
    r"|know|records? of|response|mention"
    r"|reference|sources?|documents?|specifics?|opinions?|preferences?|personal|enough)\b"
)
_AGENT = (
    r"(?i)^[\W_]*(?:"
    r"(?:if (?:you|there|so)\b[^.;:]{0,90}, )?(?:please )?(?:i|we)"
    r"(?: can|(?:'|\x{2019})d be happy to| would be happy to| could| may| will need to|"
    r" recommend| suggest|(?:'|\x{2019})ll need to|(?:'|\x{2019})ll| will)? "
    r"(?:also |now |first |quickly |just )?"
    r"(?:transfer(?:ring)? you|connect(?:ing)? you|contact(?:ing)? (?:a|our|the) |reach(?:ing)? out"
    r"|look (?:that|this|it|them|up)|look up|check (?:that|this|it|for you|on)"
    r"|pull (?:that|this|up|it)"
    r"|verify your|need to verify|need your|need you to|proceed (?:after|once|when|with your))"
    r"|let me (?:quickly |just |first |now )?(?:check|look|pull|find|verify|review|see|get"
    r"|confirm|locate|transfer)\b"
    r"|you are being transferred|please hold"
    r"|(?:once|after|when|as soon as|if) you(?:(?:'|\x{2019})ve| have)? "
    r"(?:confirm|reply|approve|provide|choose|respond|let me know|share|say|agree)[^.;:]{0,60}, "
    r"(?:i|we)(?:(?:'|\x{2019})ll| will| can)\b"
    r"|if (?:you|there)\b[^.;:]{0,120}[,\x{2014}] ?(?:please |just )?(?:let (?:me|us) know"
    r"|feel free|ask\b|tell me)"
    r"|(?:please )?(?:reply|respond|answer|type) (?:with )?[\"\x{201c}'\x{2018}]?"
    r"(?:yes|no|confirm)\b"
    r"|if so, reply\b"
    r"|(?:once|after) confirmed, (?:i|we)(?:(?:'|\x{2019})ll| will| can)\b"
    r"|(?:i|we)(?:(?:'|\x{2019})ll| will) (?:then |only )?"
    r"(?:proceed|process|submit|make|go ahead)\b"
    r"[^.;:]{0,60}\b(?:once|after|when|as soon as) (?:you|your)\b"
    r")"
)
"""An agent's own next step: to look, to hand over, to do what was asked once it is confirmed."""
_FORMS: Final = PatternSet((_BARE, _HEADS, _NO_ANSWER, _AGENT, _RESTATED, _REQUEST), fits="start")
_BARE_FORM, _HEAD_FORM, _NO_ANSWER_FORM, _AGENT_FORM, _RESTATED_FORM, _REQUEST_FORM = range(6)
_PROMISING: Final = frozenset(
    """
    guarantee guaranteed refund refunded waive credit free always never minute minutes hour hours
    day days today tomorrow week weeks soon
    """.split()
)
_KIND: Final = frozenset(
    stem(word)
    for word in """
    thank thanks reach reaching contact contacting get touch sorry trouble inconvenience
    understand frustrating frustration frustrated apologise apologize apology happy glad help
    helping assist assistance support question questions concern feel free let know need anything
    else further additional welcome best regard hope appreciate patience great day hear hearing
    touch look forward reply hesitate sincerely team customer service hi hello dear name good
    morning afternoon evening kind warm issue problem experience experienced confusion delay worry
    worried stressful annoying disappointing disappointment upsetting difficult feedback bring
    attention time today moment please ask clear helpful answer loss matter situation business
    choose wait hold bear like love today wonderful lovely nice care enjoy luck request requested
    concerned caused cause truly sincere sincerely deep deeply deeply important importance take
    taking seriously make right share sharing provide providing information detail details confirm
    confirming confirmation message write writing note nothing more happen happened pleasure
    delighted pleased completely fully totally really much very certainly definitely absolutely
    gladly sure want would come back anytime here always available way ready again process soon
    rest safe travel shopping trip purchase order resolve resolved resolving sort sorted clarify
    clarification explain walk guide through step situation inconvenient interest long valued
    loyal loyalty continue continued proceed day weekend week ahead rep assistant agent virtual
    representative start started update updated moment second minute keep kept waiting
    understandable understandably imagine realise realize must oversight mistake mistaken
    misunderstanding error
    """.split()
)
_KNOWN: Final = _KIND | LIGHT_LEMMAS | {""}
"""What says nothing that a line without any of the forms could not say as a courtesy."""
_LONGEST = 40
"""Words a courtesy may have."""
_RESTATED_SHARE = 0.6


def small_talk(text: str, asked: frozenset[str], own: frozenset[str]) -> Talk:
    """Return what kind of talk without facts a line is; empty when it is none.

    Args:
        text: The line.
        asked: Lemmas and numbers of what the customer wrote.
        own: Lemmas of names that need no evidence.
    """
    read = words_of(text)
    if not read.words or len(read.words) > _LONGEST:
        return "courtesy" if not read.words else ""
    forms = _FORMS.fitting(text)
    if _BARE_FORM in forms:
        return "courtesy"
    if not forms and not _KNOWN.issuperset(set(read.lemmas).difference(own)):
        return ""
    told = [lemma for lemma in read.lemmas if lemma]
    numbers = [word for word in read.words if has_digit(word)]
    named = _addressee(text, read) if _HEAD_FORM in forms else frozenset()
    unknown = [
        one
        for one in told
        if one not in _KIND and one not in own and one not in LIGHT_LEMMAS and one not in named
    ]
    foreign = [one for one in unknown if one not in asked]
    new_numbers = [word for word in numbers if word not in asked]
    if new_numbers:
        return ""
    if _NO_ANSWER_FORM in forms and "because" not in read.words:
        return "courtesy"
    polite = (_HEAD_FORM in forms and not foreign) or not (unknown or numbers)
    if polite and not _asserts(read.words):
        return "courtesy"
    if _AGENT_FORM in forms and not numbers and _PROMISING.isdisjoint(read.words):
        return "courtesy"
    restated = _RESTATED_FORM in forms
    if restated and told and len(foreign) <= (1 - _RESTATED_SHARE) * len(unknown):
        return "restated"
    return ""


_ADDRESS: Final = 5


def _addressee(text: str, read: Words) -> frozenset[str]:
    """Return the lemmas of names among the first words: "Hi Anna", "Thank you, Mr Li"."""
    if len(read.words) > _ADDRESS and "," not in text[: read.ends[_ADDRESS - 1] + 1]:
        return frozenset()
    return frozenset(
        lemma
        for lemma, start in zip(read.lemmas[1:_ADDRESS], read.starts[1:_ADDRESS], strict=False)
        if lemma and text[start].isupper()
    )


def is_question(text: str) -> bool:
    """Whether a line asks, or asks for something, and does not tell."""
    end = text.rstrip(" \t\n*_)\"'\u201d\u2019")[-1:]
    if end == "?":
        return True
    forms = _FORMS.fitting(text)
    if _REQUEST_FORM in forms:
        return True
    return _AGENT_FORM in forms and _PROMISING.isdisjoint(words_of(text).words)


_TELLING: Final = frozenset(
    """
    will won't has been was were i've we've you'll i'll we'll they'll guarantee guaranteed free
    refunded
    """.split()
)
_ASKS: Final = frozenset("if whether what how when any".split())


def _asserts(words: tuple[str, ...]) -> bool:
    """Whether a line tells that something was, is done or will be."""
    return not _TELLING.isdisjoint(words) and _ASKS.isdisjoint(words[:3])
