"""The writer that asks a model: one question, one repair, and a draft that still proves nothing.

The repair is of the answer's form, or of what was not proven: whichever is needed first.

What the model may decide is which evidence answers, and in which words of that evidence. The
greeting, the closing, the one question a company asks and the source line are put in by code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

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
from firstline.pipeline.repairing import unproven_problem
from firstline.pipeline.writer import SURE_ROUTE, Assignment, courteous, hand_over
from firstline.proof.quotes import source_line
from firstline.proof.sentences import plain
from firstline.records import (
    Confidence,
    Draft,
    Evidence,
    EvidenceId,
    Finding,
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
_HERE = Sentence(text="x", kind="question")
"""Stands where a model's sentences go, to find out where that is."""
CAUSES = {
    "refusal": ("model_refused", "the model refused"),
    "max_tokens": ("model_truncated", "the model's answer was cut off"),
    "context_exceeded": ("model_context_exceeded", "the prompt does not fit the model"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What was asked and said, for a repair to go on from."""

    question: Question
    reply: Reply
    prompt: Rendered
    places: Mapping[int, int]
    """Where each of the model's sentences stands in the draft, and its index in the answer."""


@dataclass(slots=True, kw_only=True)
class ModelWriter:
    """Writes about one ticket with the small or the strong model of a company."""

    models: Models
    step: Step
    prompt: Rendered | None = None
    """The prompt for the ticket, when it was made already."""
    exchange: Exchange | None = field(default=None, init=False)
    """What its latest draft came from; None while there is none to speak of."""
    repaired: bool = field(default=False, init=False)
    """Whether its one repair was used."""

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
                question = self._repair(question, reply, answer)
                reply = await self.models.asker.ask(question)
                usage += reply.usage
                answer = _read(reply, prompt.labels)
        except ModelError as error:
            draft = hand_over(self.model, error.problem, cause=f"model_{error.failure}")
        else:
            draft = self._draft(assignment, reply, answer)
            self._remember(question, reply, prompt, _places(draft, answer, assignment))
        return replace(draft, usage=usage, prompt_hash=prompt.hash)

    def second(self, findings: Sequence[Finding]) -> RepairWriter | None:
        """Return the writer that says what was not proven, or None when the repair was used."""
        if self.exchange is None or self.repaired:
            return None
        problem = unproven_problem(
            findings,
            self.exchange.places,
            f"{self.exchange.prompt.user}\n{self.exchange.reply.text}",
        )
        question = self._repair(self.exchange.question, self.exchange.reply, problem)
        return RepairWriter(writer=self, question=question, prompt=self.exchange.prompt)

    async def again(self, assignment: Assignment, question: Question, prompt: Rendered) -> Draft:
        """Return the draft that a repair makes; a malformed one is not repaired again."""
        try:
            reply = await self.models.asker.ask(question)
        except ModelError as error:
            draft = hand_over(self.model, error.problem, cause=f"model_{error.failure}")
            return replace(draft, prompt_hash=prompt.hash)
        answer = _read(reply, prompt.labels)
        draft = self._draft(assignment, reply, answer)
        self._remember(question, reply, prompt, _places(draft, answer, assignment))
        return replace(draft, usage=reply.usage, prompt_hash=prompt.hash)

    def _remember(
        self,
        question: Question,
        reply: Reply,
        prompt: Rendered,
        places: Mapping[int, int],
    ) -> None:
        self.exchange = Exchange(question=question, reply=reply, prompt=prompt, places=places)

    def _repair(self, question: Question, reply: Reply, problem: AnswerProblem) -> Question:
        self.repaired = True
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


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairWriter:
    """Asks the same model once more, with its answer and what of it was not proven."""

    writer: ModelWriter
    question: Question
    prompt: Rendered

    async def write(self, assignment: Assignment) -> Draft:
        """Return the model's second draft."""
        return await self.writer.again(assignment, self.question, self.prompt)


def _places(
    draft: Draft, answer: AnswerParts | AnswerProblem, assignment: Assignment
) -> Mapping[int, int]:
    """Return which sentences of a draft the model wrote, and their indices in its answer.

    Code puts lines before and after them, leaves the model's courtesies out, and changes no order.
    """
    if draft.action != "answer" or isinstance(answer, AnswerProblem):
        return {}
    start = courteous((_HERE,), assignment).index(_HERE)
    own = (at for at, item in enumerate(answer.sentences) if item.kind != "courtesy")
    return dict(enumerate(own, start=start))


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
    confidence, reason = supported(answer.confidence, answer.reason, body, assignment)
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


def supported(
    confidence: Confidence, reason: str, body: Sequence[Sentence], assignment: Assignment
) -> tuple[Confidence, str]:
    """Return how sure a draft is: as the model says, but never surer than the evidence.

    A model's own rating is miscalibrated (R6.2), so by itself it can only lower.

    Args:
        confidence: What the model says.
        reason: Why, in its words.
        body: The sentences that it wrote, as many as are left of them.
        assignment: What it was asked to do.
    """
    settings, spec = assignment.workspace.settings, assignment.spec
    if confidence != "high":
        return confidence, reason
    quoted = {key for item in body for key in item.evidence}
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
        return "high", reason
    return "medium", f"the knowledge base may not answer this ({answerable:.2f})"
