"""Reading a request's body: strict JSON, then a model of pydantic; nothing is guessed.

JSON leaves open what repeated names, lone surrogates and endless numbers mean, and every reader
decides otherwise; two readers of one body who disagree are a hole. So all of that is refused.
"""

from __future__ import annotations

import difflib
import json
import math
from email.message import Message
from functools import cache
from typing import Any, Final, TypeVar

from fastapi import Depends
from fastapi.params import Depends as Dependency
from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from firstline.web.api.problems import LONGEST, MOST_ERRORS, ApiError, Where

Body = TypeVar("Body", bound=BaseModel)
LARGEST_EXACT: Final = 2**53
"""Up to here a float is exact."""
LONGEST_NUMBER: Final = 40
"""Characters of a number."""
SHOWN: Final = 40
"""Characters of a caller's own field name that are said again."""


@cache
def body_of(model: type[Body]) -> Dependency:
    """Return the dependency that reads a body as a model.

    It runs after the route's own dependencies: whoever has no key has no body read.
    """

    async def read(request: Request) -> Body:
        _check_media_type(request.headers.get("content-type", ""))
        return parsed(model, await request.body())

    made: Dependency = Depends(read)
    return made


def _check_media_type(written: str) -> None:
    message = Message()
    message["content-type"] = written
    if message.get_content_type() != "application/json" or not written:
        raise ApiError("media_type", "Send the body as JSON, with Content-Type: application/json.")
    charset = str(message.get_param("charset", "utf-8")).lower()
    if charset not in ("utf-8", "utf8"):
        raise ApiError("media_type", "Send the body in UTF-8.")


def parsed(model: type[Body], raw: bytes) -> Body:
    """Return a body as a model.

    Raises:
        ApiError: It is no JSON (400), or not what the model asks for (422).
    """
    value = read_json(raw)
    try:
        return model.model_validate(value)
    except ValidationError as error:
        places = [
            _place(item, model)
            for item in error.errors(include_url=False, include_input=False)[:MOST_ERRORS]
        ]
        first = places[0]
        where = f"{first.where}: " if first.where else ""
        detail = f"{where}{first.problem}".rstrip(".?") + "."
        raise ApiError("invalid", detail, errors=places) from error


def read_json(raw: bytes) -> Any:
    """Return what a body says; raises ApiError 400 for anything that readers may disagree about."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _malformed(f"byte {error.start} is not UTF-8") from error
    if not text.strip():
        raise _malformed("it is empty")
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_no_constant,
            parse_int=_integer,
            parse_float=_float,
        )
    except json.JSONDecodeError as error:
        raise _malformed(f"{error.msg}, line {error.lineno}, column {error.colno}") from error
    except RecursionError as error:
        raise _malformed("it is nested too deeply") from error
    _check_unicode(text, value)
    return value


def _check_unicode(text: str, value: object) -> None:
    """Refuse escaped lone surrogates: no text in UTF-8 can hold them."""
    if "\\ud" in text.lower() and any(_lone(item) for item in _texts(value)):
        raise _malformed("a text holds half a character (a lone surrogate)")


def _texts(value: object) -> list[str]:
    found: list[str] = []
    rest = [value]
    while rest:
        item = rest.pop()
        if isinstance(item, str):
            found.append(item)
        elif isinstance(item, dict):
            rest.extend(item.keys())
            rest.extend(item.values())
        elif isinstance(item, list):
            rest.extend(item)
    return found


def _lone(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _malformed("a name stands twice in one object")
    return made


def _no_constant(_written: str) -> Any:
    raise _malformed("NaN and Infinity are no JSON numbers")


def _integer(written: str) -> int:
    if len(written) > LONGEST_NUMBER:
        raise _malformed(f"a number has more than {LONGEST_NUMBER} digits")
    return int(written)


def _float(written: str) -> float | int:
    """Read a number; a whole one is an integer, however it is written: JSON knows one kind."""
    value = float(written) if len(written) <= LONGEST_NUMBER else math.inf
    if not math.isfinite(value):
        raise _malformed("a number is too large or too long")
    whole = value.is_integer() and abs(value) <= LARGEST_EXACT
    return int(value) if whole else value


def _malformed(why: str) -> ApiError:
    return ApiError("malformed", f"The body cannot be read: {why}.")


def _place(item: Any, model: type[BaseModel]) -> Where:
    loc = [part for part in item["loc"] if not str(part).startswith("function-")]
    if item["type"] == "extra_forbidden":
        return Where(
            where=_path(loc[:-1]), problem=_unknown(str(loc[-1]), model, top=len(loc) == 1)
        )
    if item["type"] == "string_pattern_mismatch":
        return Where(where=_path(loc), problem="holds characters that are not allowed here")
    if item["type"].startswith("union_tag"):
        name = str(item["ctx"]["discriminator"]).strip("'")
        tags = item["ctx"].get("expected_tags", "")
        problem = f"should be one of {tags}" if tags else "Field required"
        return Where(where=name, problem=problem)
    problem = str(item["msg"]).removeprefix("Value error, ").replace("Input should", "should", 1)
    return Where(where=_path(loc), problem=problem[:LONGEST])


def _path(loc: list[str | int]) -> str:
    return ".".join(_shown(str(part)) for part in loc)[:200]


def _unknown(name: str, model: type[BaseModel], *, top: bool) -> str:
    """Return that a field is not known, and which one was meant."""
    close = difflib.get_close_matches(name[:SHOWN], list(model.model_fields), n=1) if top else []
    meant = f'; "{close[0]}" is' if close else ""
    return f'the field "{_shown(name)}" is not known{meant}'


def _shown(name: str) -> str:
    return "".join(sign if sign.isprintable() else "?" for sign in name[:SHOWN])
