"""The endpoints of the double: from an HTTP request to its response."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from math import ceil
from typing import TYPE_CHECKING, Any

from firstline.testing import catalogue, control, platforms, request_rules, tokens, wire
from firstline.testing.answers import Answer
from firstline.testing.catalogue import KnownModel
from firstline.testing.faults import Endpoint, Fault
from firstline.testing.http import HttpRequest, HttpResponse
from firstline.testing.journal import Call
from firstline.testing.wire import ApiError, Platform

if TYPE_CHECKING:
    from firstline.testing.claude_double import ClaudeDouble

LONGEST_REQUEST = 32 << 20
LONGEST_BATCH = 256 << 20
MESSAGES, BATCHES, MODELS = "/v1/messages", "/v1/messages/batches", "/v1/models"
JSON = ("content-type", "application/json")
LINES = ("content-type", "application/x-jsonl")


class Service:
    """Answers requests on behalf of a double."""

    def __init__(self, double: ClaudeDouble) -> None:
        self._double = double

    async def handle(self, request: HttpRequest) -> HttpResponse:
        """Return the response to any request; what goes wrong on purpose is in it."""
        if request.path.startswith(control.PREFIX):
            return control.handle(self._double, request)
        double = self._double
        call = Call(
            method=request.method,
            path=request.path,
            query=request.query,
            headers=request.headers,
            body=_parsed(request.body),
            at=double.now(),
            request_id=double.ids.new("req_"),
        )
        double.requests.append(call)
        double.received += 1
        platform = platforms.of_path(request.path)
        try:
            response = await self._route(request, call, platform)
        except ApiError as error:
            if error.status == 429 and platform == "anthropic":  # noqa: PLR2004 - rate limited
                error.headers += self._headers(closed=_seconds(error.headers))
            response = wire.failure(error, call.request_id, platform)
        call.status = 0 if response.cut else response.status
        return response

    async def _route(self, request: HttpRequest, call: Call, platform: Platform) -> HttpResponse:
        if platform == "bedrock":
            platforms.check_aws_key(call.headers, self._double.keys)
            return await self._create(call, "bedrock", platforms.bedrock_model(call.path))
        if platform == "vertex":
            platforms.check_google_key(call.headers)
            if call.path.endswith(platforms.COUNT_TOKENS):
                return await self._count(call, "vertex")
            return await self._create(call, "vertex", platforms.vertex_model(call.path))
        request_rules.check_key(call.headers, self._double.keys)
        most = LONGEST_BATCH if call.path == BATCHES else LONGEST_REQUEST
        if len(request.body) > most:
            raise ApiError(413, "Request exceeds the maximum size")
        place = (call.method, call.path.rstrip("/"))
        if place == ("POST", MESSAGES):
            return await self._create(call, "anthropic", "")
        if place == ("POST", f"{MESSAGES}/count_tokens"):
            return await self._count(call, "anthropic")
        if call.path.startswith(BATCHES):
            return await self._batches(call, request)
        if call.path.startswith(MODELS) and call.method == "GET":
            return await self._models(call)
        raise ApiError(404, "Not Found")

    async def _create(self, call: Call, platform: Platform, platform_model: str) -> HttpResponse:
        """Answer one message, or fail as the script says."""
        body, model, _size = self._checked(call, platform, platform_model)
        fault = self._double.next_fault("messages", body)
        if fault is not None:
            await self._fail(fault)
            if fault.cut == "before":
                return HttpResponse(cut="before")
        double = self._double
        use = double.cache.use(model, body, double.now())
        if platform == "anthropic" and (short := double.meter.take(use.limited, double.now())):
            raise ApiError(
                429,
                f"This request would exceed your organization's rate limit of {short[0]} per "
                "minute.",
                headers=(("retry-after", str(ceil(short[1]))),),
            )
        if double.wait_seconds:
            await asyncio.sleep(double.wait_seconds)
        answer = self._answer(body, fault)
        message = wire.message(answer, model, body, use, message_id=double.ids.new("msg_"))
        double.cache.keep(use, double.now())
        double.meter.spend(message["usage"]["output_tokens"])
        double.bill(model, message["usage"], call.request_id, batch=False)
        return self._delivered(message, call, platform, fault)

    def _checked(
        self, call: Call, platform: Platform, platform_model: str, *, counting: bool = False
    ) -> tuple[Mapping[str, Any], KnownModel, int]:
        """Return a valid request with its model and its tokens."""
        body = call.body
        if body is None:
            raise ApiError(400, "The request body is not valid JSON.")
        if platform == "anthropic":
            version = request_rules.check_version(call.headers)
        else:
            version = platforms.version_of(body, platform)
            body = platforms.with_model(body, platform_model)
        request_rules.check_request(body, version=version, platform=platform, counting=counting)
        model = self._model(str(body["model"]))
        if platform == "bedrock":
            platforms.check_bedrock(body, model)
        size = tokens.count(body, model.token_factor)
        request_rules.check_model(body, model, size)
        if body.get("stream"):
            raise ApiError(400, "stream: the double does not stream; ask without it")
        return body, model, size

    def _model(self, name: str) -> KnownModel:
        model = self._double.models.get(name)
        if model is None:
            raise ApiError(404, f"model: {name}")
        return model

    async def _fail(self, fault: Fault) -> None:
        """Stall, and raise what comes instead of an answer."""
        if fault.stall == "before":
            await asyncio.sleep(fault.seconds)
        if fault.status:
            raise fault.error()

    def _answer(self, body: Mapping[str, Any], fault: Fault | None) -> Answer:
        said = self._double.answer(body)
        answer = Answer(text=said) if isinstance(said, str) else said
        return fault.change(answer, body) if fault is not None and fault.change else answer

    def _headers(self, *, closed: float = 0.0) -> tuple[tuple[str, str], ...]:
        return self._double.meter.headers(self._double.now(), closed=closed)

    def _delivered(
        self, message: Mapping[str, Any], call: Call, platform: Platform, fault: Fault | None
    ) -> HttpResponse:
        """Return the response that carries a message, spoilt as the fault asks."""
        body = wire.encode(message)
        if platform == "anthropic":
            headers = (
                JSON,
                *self._headers(),
                ("request-id", call.request_id),
                ("anthropic-organization-id", wire.ORGANIZATION),
            )
        elif platform == "bedrock":
            headers = (JSON, *platforms.bedrock_headers(message["usage"], call.request_id))
        else:
            headers = (JSON, ("request-id", call.request_id))
        if fault is None:
            return HttpResponse(headers=headers, body=body)
        return HttpResponse(
            headers=headers + fault.headers,
            body=fault.rewrite(body) if fault.rewrite else body,
            cut="before" if fault.cut == "after" else fault.cut,
            pause_seconds=fault.seconds if fault.stall == "inside" else 0.0,
        )

    def _shown(self, value: Any, call: Call) -> HttpResponse:
        headers = (
            JSON,
            ("request-id", call.request_id),
            ("anthropic-organization-id", wire.ORGANIZATION),
        )
        return HttpResponse(headers=headers, body=wire.encode(value))

    async def _plain_fault(self, endpoint: Endpoint, call: Call) -> None:
        """Fail a request that makes no answer; only errors and stalls are possible there."""
        fault = self._double.next_fault(endpoint, call.body)
        if fault is not None:
            await self._fail(fault)

    async def _count(self, call: Call, platform: Platform) -> HttpResponse:
        await self._plain_fault("count_tokens", call)
        _body, _model, size = self._checked(call, platform, "", counting=True)
        return self._shown({"input_tokens": size}, call)

    async def _models(self, call: Call) -> HttpResponse:
        await self._plain_fault("models", call)
        request_rules.check_version(call.headers)
        name = call.path.removeprefix(MODELS).strip("/")
        if name:
            return self._shown(catalogue.model_info(self._model(name)), call)
        newest = sorted(
            {model.name: model for model in self._double.models.values()}.values(),
            key=lambda model: model.released,
            reverse=True,
        )
        listed = [catalogue.model_info(model) for model in newest]
        return self._shown(catalogue.page_of(listed, call.query), call)

    async def _batches(self, call: Call, request: HttpRequest) -> HttpResponse:
        """Answer everything under /v1/messages/batches."""
        double, now = self._double, self._double.now()
        url = f"http://{request.headers.get('host', '') or double.url.removeprefix('http://')}"
        batch_id, _, verb = call.path.removeprefix(BATCHES).strip("/").partition("/")
        await self._plain_fault("results" if verb == "results" else "batches", call)
        request_rules.check_version(call.headers)
        batches = double.batches
        match (call.method, bool(batch_id), verb):
            case ("POST", False, ""):
                made = batches.create(call.body, double.ids.new("msgbatch_"), now)
                return self._shown(made.shown(url), call)
            case ("GET", False, ""):
                listed = [batch.shown(url) for batch in batches.newest_first(now)]
                return self._shown(catalogue.page_of(listed, call.query), call)
            case ("GET", True, ""):
                return self._shown(batches.find(batch_id, now).shown(url), call)
            case ("GET", True, "results"):
                headers = (LINES, ("request-id", call.request_id))
                return HttpResponse(headers=headers, body=batches.lines(batch_id, now))
            case ("POST", True, "cancel"):
                return self._shown(batches.cancel(batch_id, now).shown(url), call)
            case ("DELETE", True, ""):
                batches.delete(batch_id, now)
                return self._shown({"id": batch_id, "type": "message_batch_deleted"}, call)
        raise ApiError(404, "Not Found")

    def batch_item(self, custom_id: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return the result of one item of a batch."""
        double = self._double
        request_id = double.ids.new("req_")
        fault = double.next_fault("batch_item", {**params, "custom_id": custom_id})
        if fault is not None and fault.result:
            return {"type": fault.result}
        try:
            if fault is not None and fault.status:
                raise fault.error()
            message = self._batch_message(params, fault, request_id)
        except ApiError as error:
            return {"type": "errored", "error": error.body(request_id)}
        return {"type": "succeeded", "message": message}

    def _batch_message(
        self, params: Mapping[str, Any], fault: Fault | None, request_id: str
    ) -> dict[str, Any]:
        double = self._double
        request_rules.check_request(params, version=request_rules.NEW_VERSION)
        request_rules.check_batched(params)
        model = self._model(str(params["model"]))
        request_rules.check_model(params, model, tokens.count(params, model.token_factor))
        use = double.cache.use(model, params, double.now())
        answer = self._answer(params, fault)
        message_id = double.ids.new("msg_")
        message = wire.message(answer, model, params, use, message_id=message_id, batch=True)
        double.cache.keep(use, double.now())
        double.bill(model, message["usage"], request_id, batch=True)
        return message


def _seconds(headers: tuple[tuple[str, str], ...]) -> float:
    """Return the `retry-after` of some headers, 0 where it is none or a date."""
    value = dict(headers).get("retry-after", "")
    return float(value) if value.isdecimal() else 0.0


def _parsed(body: bytes) -> Any:
    """Return the JSON of a body, None where it is none."""
    try:
        return json.loads(body) if body else None
    except (ValueError, RecursionError):
        return None
