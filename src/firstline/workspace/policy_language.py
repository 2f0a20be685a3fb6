"""The conditions of policies.yaml: a small language that can only look and compare.

    condition = part {"or" part}
    part      = test {"and" test}
    test      = "not" test | "(" condition ")" | value [comparison]
    comparison= ("=="|"!="|"<"|"<="|">"|">=") value | ["not"] "in" "[" value {"," value} "]"
              | "exists" | "within" ["the" "next"] 30 days
    value     = field | function "(" value ")" | text | number | money | date | today

Nothing in it loops or calls out. Reading takes time linear in the length, which is limited.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple, get_args

import re2

from firstline.workspace.policy_tree import (
    FUNCTIONS,
    Call,
    Compare,
    Comparison,
    Condition,
    Constant,
    Exists,
    Field,
    Joined,
    Not,
    OneOf,
    Operand,
    Today,
    Within,
)
from firstline.workspace.policy_values import DATE, MONEY, read_span, read_value
from firstline.workspace.problems import listed, nearest, shown

LONGEST: Final = 500
"""Characters of a condition."""
DEEPEST: Final = 20
"""Brackets and `not` inside each other."""
TICKET_FACTS = ("intent", "channel", "language", "amount", "risk", "urgency", "verified")
"""What `ticket.` may be followed by."""
TODAY = "today"
MANY = ("any", "all")
_STEPS_ADVICE = "After a list write first, last, any, all, count or a number in brackets."
_TOKEN = re2.compile(
    r"(?P<blank>\s+)"
    r"|(?P<quoted>\"[^\"]*\"|'[^']*')"
    rf"|(?P<date>{DATE}\b)"
    rf"|(?P<money>{MONEY})"
    r"|(?P<number>-?\d[\d,]*(?:\.\d+)?%?)"
    r"|(?P<sign>==|!=|<=|>=|<|>|\(|\)|\[|\]|,)"
    r"|(?P<word>[\pL_](?:[\pL\pN_\-]|\.[\pL\pN_]|\[\d{1,6}\])*)"
)
_OTHER_SIGNS = {
    "=": "Write == to compare.",
    "!": "Write `not` or !=.",
    "&": "Write `and`.",
    "|": "Write `or`.",
    '"': "Close the quote.",
    "'": "Close the quote.",
    "≤": "Write <=.",
    "≥": "Write >=.",
    "≠": "Write !=.",
}
_STEP = re2.compile(r"\.|\[|\]")


class ConditionError(Exception):
    """A condition cannot be read: what is wrong, where in it, and what to write."""

    def __init__(self, problem: str, fix: str, column: int) -> None:
        self.problem = problem
        self.fix = fix
        self.column = column
        """1-based, in characters of the condition."""
        super().__init__(problem)


class _Token(NamedTuple):
    kind: str
    text: str
    column: int


def parse(text: str) -> Condition:
    """Return the condition that `text` states; raises ConditionError."""
    if len(text) > LONGEST:
        raise ConditionError(
            f"The condition has {len(text):,} characters, more than {LONGEST}",
            "Split it into several.",
            1,
        )
    parser = _Parser(_tokens(text))
    condition = parser.condition()
    parser.expect_end()
    return condition


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            sign = text[at]
            advice = _OTHER_SIGNS.get(sign, "Put quotes around text with signs in it.")
            raise ConditionError(f"{shown(sign)} is not understood", advice, at + 1)
        kind = str(match.lastgroup)
        if kind != "blank":
            found.append(_Token(kind, match.group(0), at + 1))
        at = match.end()
    return [*found, _Token("end", "", len(text) + 1)]


class _Parser:
    """Reads tokens from left to right, looking one ahead."""

    def __init__(self, tokens: Sequence[_Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _take(self) -> _Token:
        token = self._next
        self._at += token.kind != "end"
        return token

    def _takes(self, *words: str) -> bool:
        """Take a word or sign when it is next."""
        token = self._next
        if token.kind not in ("word", "sign") or token.text.casefold() not in words:
            return False
        self._take()
        return True

    def expect_end(self) -> None:
        """Refuse what follows a whole condition."""
        token = self._next
        if token.kind != "end":
            advice = "Join conditions with `and` or `or`; put quotes around text of several words."
            raise ConditionError(
                f"{shown(token.text)} follows a whole condition", advice, token.column
            )

    def condition(self) -> Condition:
        """Read parts joined by `or`."""
        parts = [self._part()]
        while self._takes("or"):
            parts.append(self._part())
        return parts[0] if len(parts) == 1 else Joined("or", tuple(parts))

    def _part(self) -> Condition:
        parts = [self._test()]
        while self._takes("and"):
            parts.append(self._test())
        return parts[0] if len(parts) == 1 else Joined("and", tuple(parts))

    def _test(self) -> Condition:
        column = self._next.column
        self._depth += 1
        if self._depth > DEEPEST:
            raise ConditionError(
                f"More than {DEEPEST} brackets inside each other", "Split the condition.", column
            )
        try:
            if self._takes("not"):
                return Not(self._test())
            if self._takes("("):
                condition = self.condition()
                self._expect(")", "Close the bracket.")
                return condition
            return self._comparison()
        finally:
            self._depth -= 1

    def _expect(self, sign: str, fix: str) -> None:
        token = self._next
        if not self._takes(sign):
            found = shown(token.text) if token.text else "The end"
            raise ConditionError(f"{found} stands where `{sign}` should", fix, token.column)

    def _comparison(self) -> Condition:
        column = self._next.column
        left = self._operand(bare_is_field=True)
        token = self._next
        if token.text in get_args(Comparison):
            self._take()
            comparison: Comparison = next(x for x in get_args(Comparison) if x == token.text)
            return Compare(left, comparison, self._operand(bare_is_field=False))
        if self._takes("in"):
            return self._one_of(left)
        if self._takes("within"):
            return self._within(left)
        if self._takes("exists"):
            return Exists(_as_field(left, column))
        if self._takes("not"):
            if self._takes("in"):
                return Not(self._one_of(left))
            raise ConditionError(
                "`not` stands after a value", "Write `not` first, or `not in`.", token.column
            )
        raise ConditionError(
            "A value is compared with nothing",
            "Write for example `plan == Team` or `plan exists`.",
            token.column,
        )

    def _one_of(self, left: Operand) -> OneOf:
        self._expect("[", "Write a list: `plan in [Team, Business]`.")
        allowed = [self._operand(bare_is_field=False)]
        while self._takes(","):
            allowed.append(self._operand(bare_is_field=False))
        self._expect("]", "Close the list with ], and put commas between its entries.")
        return OneOf(left, tuple(allowed))

    def _within(self, left: Operand) -> Within:
        self._takes("the")
        ahead = self._takes("next")
        if not ahead:
            self._takes("last")
        column = self._next.column
        words = [self._take().text]
        while self._next.kind == "word" and self._next.text.casefold() not in ("and", "or"):
            words.append(self._take().text)
        span = read_span(" ".join(words))
        if span is None or span.unit in ("minute", "hour", "business hour"):
            advice = "Write for example `within 30 days` or `within the next 2 business days`."
            raise ConditionError(f"{shown(' '.join(words))} is no span of days", advice, column)
        return Within(left, span, ahead)

    def _operand(self, *, bare_is_field: bool) -> Operand:
        token = self._take()
        match token.kind:
            case "quoted":
                return Constant(token.text[1:-1])
            case "date" | "money" | "number":
                return Constant(read_value(token.text))
            case "word":
                return self._word(token, bare_is_field=bare_is_field)
            case _:
                found = shown(token.text) if token.text else "The end"
                raise ConditionError(
                    f"{found} stands where a value should",
                    "Write a field, or text in quotes.",
                    token.column,
                )

    def _word(self, token: _Token, *, bare_is_field: bool) -> Operand:
        if self._next.text == "(":
            return self._call(token)
        if token.text == TODAY:
            return Today()
        if token.text in ("and", "or", "not", "in", "exists", "within"):
            raise ConditionError(
                f"{shown(token.text)} stands where a value should",
                "Write a field, or text in quotes.",
                token.column,
            )
        if bare_is_field or "." in token.text or "[" in token.text:
            return _field(token)
        return Constant(token.text)

    def _call(self, token: _Token) -> Operand:
        function = next((name for name in FUNCTIONS if name == token.text), None)
        if function is None and token.text != "exists":
            meant = nearest(token.text, FUNCTIONS)
            advice = f"Did you mean `{meant}`?" if meant else f"Known: {listed(FUNCTIONS)}."
            raise ConditionError(f"There is no function {shown(token.text)}", advice, token.column)
        if function is None:
            raise ConditionError(
                "`exists` stands before its field", "Write `plan exists`.", token.column
            )
        self._depth += 1
        if self._depth > DEEPEST:
            raise ConditionError("Too many brackets inside each other", "Split it.", token.column)
        self._expect("(", "Open the bracket.")
        inner = self._operand(bare_is_field=True)
        self._expect(")", f"Write `{function}(field)`.")
        self._depth -= 1
        return Call(function, inner)


def _field(token: _Token) -> Field:
    steps = tuple(
        int(step) if step.isdecimal() and step.isascii() else step
        for step in _STEP.split(token.text)
        if step
    )
    if steps[0] == "ticket" and len(steps) > 1:
        return _of_ticket(token, steps)
    if steps[0] == "record" and len(steps) > 1:
        steps = steps[1:]
    many = [step for step in steps if step in MANY]
    if len(many) > 1:
        raise ConditionError(
            f"{shown(token.text)} has more than one of any and all", _STEPS_ADVICE, token.column
        )
    if steps[0] in (*MANY, "first", "last", "count") and len(steps) > 1:
        raise ConditionError(
            f"{shown(token.text)} does not say of which list", _STEPS_ADVICE, token.column
        )
    if "count" in steps[:-1] and len(steps) > 1:
        raise ConditionError(
            f"{shown(token.text)}: nothing can follow `count`", _STEPS_ADVICE, token.column
        )
    kind: Literal["", "any", "all"] = "any" if "any" in many else "all" if many else ""
    return Field(steps, kind)


def _of_ticket(token: _Token, steps: tuple[str | int, ...]) -> Field:
    name = ".".join(str(step) for step in steps[1:])
    if name not in TICKET_FACTS:
        meant = nearest(name, TICKET_FACTS)
        advice = f"Did you mean `ticket.{meant}`?" if meant else f"Known: {listed(TICKET_FACTS)}."
        raise ConditionError(f"A ticket has no {shown(name)}", advice, token.column)
    return Field((name,), of_ticket=True)


def _as_field(operand: Operand, column: int) -> Field:
    if isinstance(operand, Field):
        return operand
    raise ConditionError("Only a field can exist", "Write for example `plan exists`.", column)
