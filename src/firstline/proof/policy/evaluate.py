"""Deciding a condition. What cannot be told is told apart from what does not hold.

| answer  | meaning                                                          |
|---------|------------------------------------------------------------------|
| yes     | it holds                                                         |
| no      | it does not                                                      |
| missing | there is no record, or the record has nothing there              |
| unclear | what is there cannot be compared: no date, another currency …    |
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal, TypeAlias

from firstline.proof.policy.facts import Facts, Tree
from firstline.workspace.policy_rules import BusinessHours
from firstline.workspace.policy_tree import (
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
from firstline.workspace.policy_values import (
    ANY_DOLLAR,
    DOLLARS,
    Money,
    Span,
    Value,
    read_value,
)

Answer = Literal["yes", "no", "missing", "unclear"]
Lack = Literal["missing", "unclear"]
Found: TypeAlias = "tuple[Value, ...] | Lack"
_SAME_TRUTH = {"true": "yes", "false": "no"}
_MONTHS_OF = {"month": 1, "quarter": 3, "year": 12}
_LONGEST_WALK = 4_000
"""Days: business days are counted one by one."""


def decide(condition: Condition, facts: Facts) -> Answer:
    """Return whether a condition holds."""
    match condition:
        case Joined(word=word, parts=parts):
            return _joined(word, [decide(part, facts) for part in parts])
        case Not(part=part):
            answer = decide(part, facts)
            return {"yes": "no", "no": "yes"}.get(answer, answer)  # type: ignore[return-value]  # both are answers
        case Exists(field=field):
            found = _field(field, facts)
            return "yes" if isinstance(found, tuple) and found else "no"
        case Compare(left=left, comparison=comparison, right=right):
            return _compared(left, comparison, right, facts)
        case OneOf(left=left, allowed=allowed):
            return _joined("or", [_compared(left, "==", item, facts) for item in allowed])
        case Within(left=left, span=span, ahead=ahead):
            return _each(left, facts, lambda value: _is_within(value, span, facts, ahead=ahead))


def _joined(word: Literal["and", "or"], answers: Sequence[Answer]) -> Answer:
    """Join answers: one that decides wins, then what cannot be told."""
    deciding: Answer = "no" if word == "and" else "yes"
    order: tuple[Answer, ...] = (deciding, "unclear", "missing")
    usual: Answer = "yes" if word == "and" else "no"
    return next((answer for answer in order if answer in answers), usual)


def _compared(left: Operand, comparison: Comparison, right: Operand, facts: Facts) -> Answer:
    wanted = _values(right, facts)
    if not isinstance(wanted, tuple):
        return wanted
    if len(wanted) != 1:
        return "unclear"
    return _each(left, facts, lambda value: _relation(value, comparison, wanted[0]))


def _each(operand: Operand, facts: Facts, test: Callable[[Value], Answer]) -> Answer:
    values = _values(operand, facts)
    if not isinstance(values, tuple):
        return values
    answers = [test(value) for value in values]
    many = _many(operand)
    if many == "" and len(answers) != 1:
        return "unclear"
    return _joined("or" if many == "any" else "and", answers)


def _many(operand: Operand) -> str:
    if isinstance(operand, Call):
        return _many(operand.of)
    return operand.many if isinstance(operand, Field) else ""


def _values(operand: Operand, facts: Facts) -> Found:
    match operand:
        case Constant(value=value):
            return (value,)
        case Today():
            return (facts.today,)
        case Field():
            return _field(operand, facts)
        case Call(function=function, of=inner):
            found = _values(inner, facts)
            if not isinstance(found, tuple):
                return found
            results = [_applied(function, value, facts.today) for value in found]
            known = tuple(result for result in results if result is not None)
            return known if len(known) == len(results) else "unclear"


def _applied(function: str, value: Value, today: date) -> Decimal | None:
    typed = read_value(value) if isinstance(value, str) else value
    if function == "amount":
        if isinstance(typed, Money):
            return typed.amount
        return typed if isinstance(typed, Decimal) else None
    if not isinstance(typed, date):
        return None
    days = (today - typed).days
    return Decimal(days if function == "days_since" else -days)


def _field(field: Field, facts: Facts) -> Found:
    if field.of_ticket:
        value = facts.ticket.get(str(field.path[0]))
        return "missing" if value is None else (value,)
    if facts.record is None:
        return "missing"
    nodes: list[Tree] = [facts.record]
    for step in field.path:
        if step == "count" and not any(isinstance(node, dict) and step in node for node in nodes):
            return (Decimal(sum(len(_places(node)) for node in nodes)),)
        found = [tuple(_below(node, step)) for node in nodes]
        if field.many == "all" and not all(found):
            # An entry without the field would otherwise count as one that holds.
            return "missing"
        nodes = [below for item in found for below in item]
    if not nodes:
        return (Decimal(0),) if field.path[-1] == "count" else "missing"
    leaves = tuple(node for node in nodes if isinstance(node, str))
    return leaves if len(leaves) == len(nodes) else "unclear"


def _below(node: Tree, step: str | int) -> Iterable[Tree]:
    if not isinstance(node, dict):
        return ()
    if step in node:
        return (node[step],)
    places = _places(node)
    if not places:
        return ()
    match step:
        case "first":
            return (node[places[0]],)
        case "last":
            return (node[places[-1]],)
        case "any" | "all":
            return [node[place] for place in places]
        case _:
            return ()


def _places(node: Tree) -> list[int]:
    return sorted(key for key in node if isinstance(key, int)) if isinstance(node, dict) else []


def _relation(left: Value, comparison: Comparison, right: Value) -> Answer:
    if comparison in ("==", "!="):
        same = _same(left, right)
        if same is None:
            return "unclear"
        return "yes" if same == (comparison == "==") else "no"
    order = _order(_typed(left), _typed(right))
    if order is None:
        return "unclear"
    holds = {"<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}[comparison]
    return "yes" if holds else "no"


def _same(left: Value, right: Value) -> bool | None:
    """Whether two values are equal; None when they cannot be compared."""
    if isinstance(left, str) and isinstance(right, str) and _text(left) == _text(right):
        return True
    first, second = _typed(left), _typed(right)
    if isinstance(first, Money) and isinstance(second, Money):
        return first.amount == second.amount and _one_currency(first, second)
    order = _order(first, second)
    if order is not None:
        return order == 0
    # Text that the policy names is simply another text; a number it names needs a number.
    return False if isinstance(right, str) else None


def _text(value: str) -> str:
    plain = " ".join(value.casefold().split())
    return _SAME_TRUTH.get(plain, plain)


def _typed(value: Value) -> Value:
    return read_value(value) if isinstance(value, str) else value


def _order(left: Value, right: Value) -> int | None:
    """Return below 0, 0 or above 0 as `left` is less, equal or more; None if it cannot be told."""
    if isinstance(left, Money) and isinstance(right, Money):
        return _sign(left.amount - right.amount) if _one_currency(left, right) else None
    first = left.amount if isinstance(left, Money) else left
    second = right.amount if isinstance(right, Money) else right
    if isinstance(first, Decimal) and isinstance(second, Decimal):
        return _sign(first - second)
    if isinstance(first, date) and isinstance(second, date):
        return (first - second).days
    return None


def _sign(difference: Decimal) -> int:
    return (difference > 0) - (difference < 0)


def _one_currency(left: Money, right: Money) -> bool:
    if ANY_DOLLAR in (left.currency, right.currency):
        return {left.currency, right.currency} <= DOLLARS
    return left.currency == right.currency


def _is_within(value: Value, span: Span, facts: Facts, *, ahead: bool) -> Answer:
    day = _typed(value)
    if not isinstance(day, date):
        return "unclear"
    first, last = (facts.today, day) if ahead else (day, facts.today)
    if last < first:
        return "no"
    if span.unit == "business day":
        # The days off after the last business day still belong to it.
        return "yes" if last < _business_days(first, span.count + 1, facts.hours) else "no"
    return "yes" if last <= later(first, span, facts.hours) else "no"


def later(day: date, span: Span, hours: BusinessHours) -> date:
    """Return the day that is a span of days, weeks, months or years after another."""
    if span.unit == "business day":
        return _business_days(day, span.count, hours)
    if span.unit in _MONTHS_OF:
        return _months(day, span.count * _MONTHS_OF[span.unit])
    try:
        return day + timedelta(days=span.count * (7 if span.unit == "week" else 1))
    except OverflowError:
        return date.max


def _business_days(day: date, count: int, hours: BusinessHours) -> date:
    for _ in range(_LONGEST_WALK):
        if count <= 0 or day == date.max:
            break
        day += timedelta(days=1)
        count -= hours.is_open_on(day)
    return day


def _months(day: date, count: int) -> date:
    month = day.month - 1 + count
    year = day.year + month // 12
    if year > date.max.year:
        return date.max
    last = monthrange(year, month % 12 + 1)[1]
    return date(year, month % 12 + 1, min(day.day, last))
