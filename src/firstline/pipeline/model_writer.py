"""The writer that asks a model: one question, one repair, and a draft that still proves nothing.

What the model may decide is which evidence answers, and in which words of that evidence. The
greeting, the closing, the one question a company asks and the source line are put in by code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from firstline.claude.answers import AnswerParts, AnswerProblem, is_refusal, read_answer
from firstline.claude.calls import Question, Reply, Turn
from firstline.claude.exact_quotes import with_exact_quotes
from firstline.claude.prompts import Rendered
from firstline.claude.registry import ModelSpec
from firstline.claude.schemas import ANSWER_SCHEMA
from firstline.errors import ModelError
from firstline.pipeline.cascade import Step
from firstline.pipeline.models import Models
from firstline.pipeline.quoting import unmet_names
from firstline.pipeline.writer import SURE_ROUTE, Assignment, courteous, hand_over
from firstline.proof.quotes import source_line
from firstline.proof.sentences import plain
from firstline.records import (
    Confidence,
    Draft,
    Evidence,
    EvidenceId,
    Sentence,
    Usage,
)

OUTPUT_TOKENS = 900
"""Room for a reply of 150 words in JSON, three times over."""
STRONG_BUDGET = 2
"""How many times the usual context a strong writer gets."""
REPAIRED_CHARACTERS = 6_000
"""How much of a malformed answer the model is shown again."""
SOURCES = 2
"""Documents named at the end of a reply, at most."""
CAUSES = {
    "refusal": ("model_refused", "the model refused"),
    "max_tokens": ("model_truncated", "the model's answer was cut off"),
    "context_exceeded": ("model_context_exceeded", "the prompt does not fit the model"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelWriter:
    """Writes with the small or the strong model of a company."""

    models: Models
    step: Step
    prompt: Rendered | None = None
    """The prompt for the ticket, when it was made already."""

    @property
    def spec(self) -> ModelSpec:
        """The model."""
        roles = self.models.roles
        return roles.strong if self.step == "strong" else roles.writer

    @property
    def model(self) -> str:
        """The model's name."""
        return self.spec.name

    def rendered(self, assignment: Assignment) -> Rendered:
        """Return the prompt, within this writer's budget."""
        budget = assignment.workspace.settings.token_budget
        return self.models.prompts.write(
            assignment.ticket,
            assignment.route,
            assignment.context,
            assignment.spec,
            budget=budget * (STRONG_BUDGET if self.step == "strong" else 1),
            factor=self.spec.tokens_factor,
        )

    def question(self, assignment: Assignment, prompt: Rendered) -> Question:
        """Return the question for a prompt. The same ticket and evidence give the same one."""
        return Question(
            ticket=assignment.ticket.id,
            requester=assignment.ticket.customer,
            intent=str(assignment.route.intent or ""),
            purpose="write",
            model=self.model,
            system=prompt.system,
            turns=(Turn(role="user", text=prompt.user),),
            schema=ANSWER_SCHEMA,
            max_tokens=OUTPUT_TOKENS,
            prompt_hash=prompt.hash,
        )

    async def write(self, assignment: Assignment) -> Draft:
        """Return the model's draft, or one that says why there is none."""
        prompt = self.prompt or self.rendered(assignment)
        question = self.question(assignment, prompt)
        usage = Usage()
        try:
            reply = await self.models.asker.ask(question)
            usage += reply.usage
            answer = _read(reply, prompt.labels)
            if isinstance(answer, AnswerProblem):
                again = await self.models.asker.ask(self._repair(question, reply, answer))
                usage += again.usage
                reply, answer = again, _read(again, prompt.labels)
        except ModelError as error:
            draft = hand_over(self.model, error.problem, cause=f"model_{error.failure}")
        else:
            draft = self._draft(assignment, reply, answer)
        return replace(draft, usage=usage, prompt_hash=prompt.hash)

    def _repair(self, question: Question, reply: Reply, problem: AnswerProblem) -> Question:
        said = reply.text[:REPAIRED_CHARACTERS].strip() or "(nothing)"
        turns = (
            *question.turns,
            Turn(role="assistant", text=said),
            Turn(role="user", text=self.models.prompts.repair(problem)),
        )
        return replace(question, purpose="repair", turns=turns)

    def _draft(
        self, assignment: Assignment, reply: Reply, answer: AnswerParts | AnswerProblem
    ) -> Draft:
        if reply.stop in CAUSES:
            cause, words = CAUSES[reply.stop]
            return hand_over(self.model, words, cause=cause)
        if not reply.text.strip():
            return hand_over(self.model, "the model said nothing", cause="model_empty")
        if isinstance(answer, AnswerProblem):
            return hand_over(self.model, str(answer), cause="model_malformed")
        return draft_of(answer, assignment, self.model)


def _read(reply: Reply, labels: Mapping[str, EvidenceId]) -> AnswerParts | AnswerProblem:
    """Return what a reply says; one that ended early is not worth a repair, so it is not read."""
    if reply.stop in CAUSES or not reply.text.strip():
        return AnswerParts.nothing()
    try:
        return read_answer(reply.text, labels)
    except AnswerProblem as problem:
        return problem


def draft_of(answer: AnswerParts, assignment: Assignment, model: str) -> Draft:
    """Turn what a model said into a draft: courtesies, agreed question and sources by code."""
    match answer.action:
        case "escalate":
            return hand_over(model, f"the model hands over: {answer.reason}")
        case "clarify":
            return _clarifying(answer, assignment, model)
        case "answer":
            return _answering(answer, assignment, model)


def _clarifying(answer: AnswerParts, assignment: Assignment, model: str) -> Draft:
    agreed = assignment.spec.clarify if assignment.spec else None
    own = tuple(item.text for item in answer.sentences if item.kind == "question")
    asked = agreed or " ".join(own)
    if not asked:
        return hand_over(model, "the model asks back without a question", cause="model_malformed")
    return Draft(
        action="clarify",
        sentences=courteous((Sentence(text=asked, kind="question"),), assignment),
        confidence="medium",
        reason=answer.reason,
        language=answer.language,
        model=model,
    )


def _answering(answer: AnswerParts, assignment: Assignment, model: str) -> Draft:
    answer = with_exact_quotes(answer, assignment.context.evidence)
    body = tuple(item for item in answer.sentences if item.kind != "courtesy")
    if not body or is_refusal(" ".join(item.text for item in body)):
        return hand_over(model, "the model says that it has no answer")
    confidence, reason = _supported(answer, assignment)
    return Draft(
        action="answer",
        sentences=courteous((*body, *_sources(body, assignment)), assignment),
        confidence=confidence,
        reason=reason,
        commitments=answer.commitments,
        language=answer.language,
        model=model,
    )


def _sources(body: tuple[Sentence, ...], assignment: Assignment) -> tuple[Sentence, ...]:
    """Return the source lines of the documents quoted most prominently."""
    held = {item.id: item for item in assignment.context.evidence}
    quoted = [held[key] for item in body for key in item.evidence if key in held]
    first: dict[str, Evidence] = {}
    for item in quoted:
        if item.kind == "passage":
            first.setdefault(item.source, item)
    said = {plain(item.text) for item in body}
    lines = [
        Sentence(text=source_line(item), kind="quote", evidence=(item.id,))
        for item in list(first.values())[:SOURCES]
    ]
    return tuple(line for line in lines if plain(line.text) not in said)


def _supported(answer: AnswerParts, assignment: Assignment) -> tuple[Confidence, str]:
    """Return how sure the draft is: as the model says, but never surer than the evidence.

    A model's own rating is miscalibrated (R6.2), so by itself it can only lower.
    """
    settings, spec = assignment.workspace.settings, assignment.spec
    if answer.confidence != "high":
        return answer.confidence, answer.reason
    quoted = {key for item in answer.sentences for key in item.evidence}
    unmet = unmet_names(assignment, [x for x in assignment.context.evidence if x.id in quoted])
    if unmet:
        return "medium", f"what it quotes does not mention {len(unmet)} of the names asked about"
    named = spec.articles if spec else ()
    right = any(key.partition("#")[0] in named for key in quoted)
    if named and not right:
        return "medium", "what it quotes is not one of the intent's articles"
    answerable = assignment.context.answerable
    sure_route = assignment.route.probability >= SURE_ROUTE
    if answerable >= settings.minimum_answerable or (right and sure_route):
        return "high", answer.reason
    return "medium", f"the knowledge base may not answer this ({answerable:.2f})"
