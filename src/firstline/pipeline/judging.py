"""The judge: a small model reads what a writer worded itself, when nothing else is against it.

| asked when                                        | and it says                   | then        |
|---------------------------------------------------|-------------------------------|-------------|
| everything else would let the reply go, and a     | supported, of every claim     | it may go   |
| sentence is not word for word somebody's          | anything else                 | blocked     |
| (`judge = "paraphrases"`, or `"always"`)          | nothing that can be believed  | a reviewer  |

A judge can only hold a reply. One that is down, too dear, silent, cut off, or that leaves a
sentence out, holds it as well: no finding ever says that a judge was content who was not asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from firstline.claude.answers import AnswerProblem
from firstline.claude.calls import Question, Reply, Turn
from firstline.claude.judge import JUDGE_SCHEMA, Judged, read_judgement
from firstline.claude.prompts import Rendered
from firstline.claude.specs import ModelSpec
from firstline.errors import ModelError
from firstline.observe import log, place_of
from firstline.pipeline.gate import Case, gate
from firstline.pipeline.models import Models
from firstline.pipeline.prepared import Prepared
from firstline.pipeline.writer import greeting
from firstline.proof.courtesies import courtesies, questions
from firstline.proof.quotes import SOURCE_PREFIX, is_source_line, quoted_units
from firstline.proof.sentences import plain
from firstline.proof.subject import blocked, doubted
from firstline.proof.templates import is_filling
from firstline.records import Evidence, EvidenceId, Finding, Hop, Sentence, Usage

NAME = "judge"
JUDGE = "judge"
"""Why a ticket wants a model when its draft stands and only a judge is to read it."""
UNAVAILABLE = "judge_unavailable"
OUTPUT_TOKENS = 1_200
"""Room for the claims of a reply of 150 words in JSON, three times over."""
GRACE = 2.0
"""Seconds beyond the models' deadline after which a judge is no longer waited for."""
REPAIRED_CHARACTERS = 6_000
ENDED_EARLY = {
    "refusal": "model_refused: the judge refused",
    "max_tokens": "model_truncated: the judgement was cut off",
    "context_exceeded": "model_context_exceeded: the prompt does not fit the judge",
}
FAULTS = {
    "contradicted": "the evidence says otherwise, by a model's reading",
    "not_mentioned": "the evidence does not say this, by a model's reading",
}


class NoJudgementError(Exception):
    """A judge ended without a judgement; says why."""


def why_judge(case: Case) -> str:
    """Return why a judge is to be asked about a draft, or nothing when none is.

    A draft that a person gets anyway is not judged: nothing would come of it but its cost.
    """
    if case.draft.action != "answer" or gate(case).action != "send" or not to_judge(case):
        return ""
    return "always" if case.workspace.settings.models.judge == "always" else "own_words"


def to_judge(case: Case) -> tuple[int, ...]:
    """Return the indices of the sentences that a judge reads, as the company has it."""
    match case.workspace.settings.models.judge:
        case "off":
            return ()
        case "paraphrases":
            return own_words(case)
        case "always":
            stated = enumerate(case.draft.sentences)
            return tuple(at for at, item in stated if not _states_nothing(item, case))


def own_words(case: Case) -> tuple[int, ...]:
    """Return the indices of the sentences that are not word for word somebody's."""
    held = {item.id: item for item in case.context.evidence}
    return tuple(
        at
        for at, sentence in enumerate(case.draft.sentences)
        if not _states_nothing(sentence, case) and not _is_verbatim(sentence, held)
    )


def _states_nothing(sentence: Sentence, case: Case) -> bool:
    """Whether a sentence is one of the company's agreed lines, or names a source."""
    intent = case.workspace.intent(case.route.intent)
    agreed = courtesies(case.workspace) | questions(intent)
    if plain(sentence.text) in agreed:
        return True
    cited = [item for item in case.context.evidence if item.id in sentence.evidence]
    if sentence.text.startswith(SOURCE_PREFIX):
        return any(is_source_line(sentence.text, item) for item in cited)
    records = (item for item in cited if item.kind == "record")
    line = case.workspace.voice.greeting
    return any(greeting(line, item).text == sentence.text for item in records)


def _is_verbatim(sentence: Sentence, held: Mapping[EvidenceId, Evidence]) -> bool:
    cited = [held[key] for key in sentence.evidence if key in held]
    texts = [item for item in cited if item.kind in ("passage", "policy")]
    if any(quoted_units(sentence.text, item.text) for item in texts):
        return True
    lines = tuple(line for item in texts for line in item.text.splitlines())
    records = [dict(item.fields) for item in cited if item.kind == "record"]
    return len(records) == 1 and is_filling(sentence.text, lines, records[0])


async def judged(prepared: Prepared, case: Case, models: Models | None) -> Prepared:
    """Return a ticket with what a judge says of its draft, when one is to be asked.

    Args:
        prepared: The ticket, with the draft that would leave.
        case: The same as the gate sees it.
        models: Who is asked; None: there is nobody, which holds a draft that wants a judge.
    """
    why = why_judge(case)
    if not why:
        return _with_hop(prepared, _not_asked(case))
    if models is None or models.roles.judge is None:
        return _held(prepared, why, "", "no judge is configured", Usage())
    chosen = to_judge(case)
    session = _Session(models=models, spec=models.roles.judge, case=case, chosen=chosen)
    seconds = case.workspace.settings.models.deadline_seconds + GRACE
    model = session.spec.name
    try:
        async with asyncio.timeout(seconds):
            said = await session.judge()
    except ModelError as error:
        reason = f"model_{error.failure}: {error.problem}"
    except AnswerProblem as problem:
        reason = f"model_malformed: {problem}"
    except NoJudgementError as error:
        reason = str(error)
    except TimeoutError:
        reason = f"model_deadline: it took longer than {seconds:g} s"
    except Exception as error:  # noqa: BLE001 - whatever a judge fails with, its reply is held
        reason = f"{type(error).__name__} at {place_of(error)}"
        log.error("judge_failed", ticket=case.ticket.id, detail=reason)
    else:
        findings = findings_of(said, chosen)
        hop = Hop(
            by=NAME, model=model, reason=why, result=_result(findings, chosen), usage=session.usage
        )
        return _with_hop(replace(prepared, findings=(*prepared.findings, *findings)), hop)
    return _held(prepared, why, model, reason, session.usage)


@dataclass(slots=True, kw_only=True)
class _Session:
    """One draft before its judge."""

    models: Models
    spec: ModelSpec
    case: Case
    chosen: tuple[int, ...]
    usage: Usage = field(default_factory=Usage)
    """What was paid so far, also when nothing came of it."""

    async def judge(self) -> tuple[Judged, ...]:
        """Ask, and once more when the answer cannot be believed.

        Raises:
            AnswerProblem: It cannot be believed either.
            NoJudgementError: The judge refused, or did not come to an end.
            ModelError: The judge could not be asked.
        """
        every = self.case.draft.sentences
        sentences = {f"s{at}": every[index].text for at, index in enumerate(self.chosen, start=1)}
        prompt = self.models.prompts.judge(
            self.case.ticket, sentences, self._evidence(), factor=self.spec.tokens_factor
        )
        question = self._question(prompt)
        reply = await self._ask(question)
        try:
            return read_judgement(reply.text, sentences, prompt.labels)
        except AnswerProblem as problem:
            turns = (
                *question.turns,
                Turn(
                    role="assistant", text=reply.text[:REPAIRED_CHARACTERS].strip() or "(nothing)"
                ),
                Turn(role="user", text=self.models.prompts.repair(problem)),
            )
        reply = await self._ask(replace(question, turns=turns))
        return read_judgement(reply.text, sentences, prompt.labels)

    async def _ask(self, question: Question) -> Reply:
        reply = await self.models.asker.ask(question)
        self.usage += reply.usage
        if reply.stop in ENDED_EARLY:
            raise NoJudgementError(ENDED_EARLY[reply.stop])
        return reply

    def _evidence(self) -> list[Evidence]:
        """Return what the reply names, each once, in the order it was found.

        Also what other sentences rest on: a condition may stand there that this one leaves out.
        """
        named = {key for sentence in self.case.draft.sentences for key in sentence.evidence}
        return [item for item in self.case.context.evidence if item.id in named]

    def _question(self, prompt: Rendered) -> Question:
        case = self.case
        return Question(
            ticket=case.ticket.id,
            requester=case.ticket.customer,
            intent=str(case.route.intent or ""),
            purpose="judge",
            model=self.spec.name,
            system=prompt.system,
            turns=(Turn(role="user", text=prompt.user),),
            schema=JUDGE_SCHEMA,
            max_tokens=OUTPUT_TOKENS,
            prompt_hash=prompt.hash,
        )


def findings_of(said: tuple[Judged, ...], chosen: tuple[int, ...]) -> tuple[Finding, ...]:
    """Return the findings of a judgement: one a sentence that is not supported, or one that passes.

    Args:
        said: The claims of every sentence, each with its verdict.
        chosen: The sentences' indices in the draft; `s1` is the first of them.
    """
    found = []
    for number, at in enumerate(chosen, start=1):
        verdicts = [item.verdict for item in said if item.sentence == f"s{number}"]
        for verdict in ("contradicted", "not_mentioned"):
            if verdict in verdicts:
                found.append(blocked(NAME, FAULTS[verdict], code=verdict, sentence=at))
                break
        if not verdicts:  # Reading refuses such a judgement; nothing may rest on that alone.
            found.append(doubted(NAME, "it was not judged", code=UNAVAILABLE, sentence=at))
    if found:
        return tuple(found)
    count = f"claims {len(said)}, sentences {len(chosen)}: the evidence says all of them"
    return (Finding(check=NAME, result="pass", detail=count),)


def _result(findings: tuple[Finding, ...], chosen: tuple[int, ...]) -> str:
    held = [finding.code for finding in findings if finding.result != "pass"]
    if not held:
        return f"supported: {findings[0].detail}"
    return f"{held[0]}: sentences {len(chosen)}, not supported {len(held)}"


def _held(prepared: Prepared, why: str, model: str, reason: str, usage: Usage) -> Prepared:
    """Return a ticket whose judge gave no judgement: a reviewer decides."""
    finding = doubted(NAME, f"no judge could be heard ({reason})", code=UNAVAILABLE)
    hop = Hop(by=NAME, model=model, reason=why, result=f"{UNAVAILABLE}: {reason}", usage=usage)
    return _with_hop(replace(prepared, findings=(*prepared.findings, finding)), hop)


def _not_asked(case: Case) -> Hop | None:
    """Return the hop that says why a model's draft goes without a judge, if it goes at all."""
    if not any(hop.model for hop in case.draft.hops) or gate(case).action != "send":
        return None
    off = case.workspace.settings.models.judge == "off"
    result = 'not asked: judge = "off"' if off else "not asked: every sentence is verbatim"
    return Hop(by=NAME, reason="passed", result=result)


def _with_hop(prepared: Prepared, hop: Hop | None) -> Prepared:
    if hop is None:
        return prepared
    return replace(prepared, draft=replace(prepared.draft, hops=(*prepared.draft.hops, hop)))
