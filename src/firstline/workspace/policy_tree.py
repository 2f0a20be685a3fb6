"""What a condition of policies.yaml means: a small tree that only looks and compares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from firstline.workspace.policy_values import Span, Value

Comparison = Literal["==", "!=", "<", "<=", ">", ">="]
Function = Literal["days_since", "days_until", "amount"]
FUNCTIONS: tuple[Function, ...] = get_args(Function)


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that stands in the policy itself."""

    value: Value


@dataclass(frozen=True, slots=True)
class Field:
    """A value of the customer's record, or of the ticket."""

    path: tuple[str | int, ...]
    """`billing`, `invoices`, `last`, `date`; numbers are places in a list."""
    many: Literal["", "any", "all"] = ""
    """How a comparison treats the entries of a list."""
    of_ticket: bool = False

    def __str__(self) -> str:
        """As it is written."""
        text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path)
        return f"ticket{text}" if self.of_ticket else text.removeprefix(".")


@dataclass(frozen=True, slots=True)
class Today:
    """The day of the message, where the company is."""


@dataclass(frozen=True, slots=True)
class Call:
    """A function of one value."""

    function: Function
    of: Operand


Operand: TypeAlias = Constant | Field | Today | Call


@dataclass(frozen=True, slots=True)
class Compare:
    """Two values and how they must stand to each other."""

    left: Operand
    comparison: Comparison
    right: Operand


@dataclass(frozen=True, slots=True)
class OneOf:
    """A value and the list it must be in."""

    left: Operand
    allowed: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Within:
    """A date, and how far from today it may be at most, back or ahead."""

    left: Operand
    span: Span
    ahead: bool


@dataclass(frozen=True, slots=True)
class Exists:
    """Whether the record has anything there."""

    field: Field


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    part: Condition


@dataclass(frozen=True, slots=True)
class Joined:
    """Several conditions: all of them (`and`) or one of them (`or`)."""

    word: Literal["and", "or"]
    parts: tuple[Condition, ...]


Condition: TypeAlias = Compare | OneOf | Within | Exists | Not | Joined


def fields_of(condition: Condition) -> tuple[Field, ...]:
    """Return every field a condition names, in order."""
    match condition:
        case Compare(left=left, right=right):
            return (*_operand_fields(left), *_operand_fields(right))
        case OneOf(left=left, allowed=allowed):
            named = (field for item in allowed for field in _operand_fields(item))
            return (*_operand_fields(left), *named)
        case Within(left=left):
            return _operand_fields(left)
        case Exists(field=field):
            return (field,)
        case Not(part=part):
            return fields_of(part)
        case Joined(parts=parts):
            return tuple(field for part in parts for field in fields_of(part))


def comparisons_of(condition: Condition) -> tuple[tuple[Field, Value], ...]:
    """Return every pair of a field and a constant that a condition compares for being equal."""
    match condition:
        case Compare(left=Field() as field, comparison="==" | "!=", right=Constant(value=value)):
            return ((field, value),)
        case OneOf(left=Field() as field, allowed=allowed):
            return tuple((field, item.value) for item in allowed if isinstance(item, Constant))
        case Not(part=part):
            return comparisons_of(part)
        case Joined(parts=parts):
            return tuple(pair for part in parts for pair in comparisons_of(part))
        case _:
            return ()


def _operand_fields(operand: Operand) -> tuple[Field, ...]:
    match operand:
        case Field():
            return (operand,)
        case Call(of=inner):
            return _operand_fields(inner)
        case _:
            return ()
