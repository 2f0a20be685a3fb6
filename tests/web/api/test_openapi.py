"""The OpenAPI document says everything, and people can read it without any script."""

from __future__ import annotations

from typing import Any

import pytest
from tests.web.api.conftest import Api

from firstline.web.api.openapi import operations


@pytest.fixture
def written(api: Api) -> dict[str, Any]:
    """Return the document of a served company."""
    with api.client() as nobody:
        found: dict[str, Any] = nobody.get("/api/v1/openapi.json").json()
    return found


def ours(written: dict[str, Any]) -> dict[str, Any]:
    """Return the operations of this package by their path and method."""
    return {
        f"{method} {path}": said
        for path, methods in written["paths"].items()
        if "/chat/" not in path
        for method, said in methods.items()
    }


def test_every_operation_is_described(written: dict[str, Any]) -> None:
    """Each has a name, words, and an answer; no two have the same name."""
    found = list(operations(written))
    assert len({one["operationId"] for one in found}) == len(found)
    for name, one in ours(written).items():
        assert one["summary"], name
        assert one["description"], name
        assert any(status.startswith("2") for status in one["responses"]), name


def test_every_error_is_a_problem_document(written: dict[str, Any]) -> None:
    """Each status above 400 names it; operations with a key may be refused for want of it."""
    for name, one in ours(written).items():
        for status, answer in one["responses"].items():
            if status >= "400":
                content = answer["content"]["application/problem+json"]
                assert content["schema"]["$ref"].endswith("/Problem"), name
        if one.get("security"):
            assert {"401", "403", "429", "503"} <= set(one["responses"]), name
        if "requestBody" in one:
            assert {"400", "413", "415", "422"} <= set(one["responses"]), name


def test_everything_that_is_sent_has_its_limits(written: dict[str, Any]) -> None:
    """Every text is bounded, every number too, and unknown fields are refused."""
    schemas = written["components"]["schemas"]
    for name in ("NewTicket", "Turn", "NewAttachment", "CustomerMessage", "StaffMessage",
                 "NewFeedback", "Approve", "Edit", "Reject", "Escalate", "Take"):  # fmt: skip
        assert schemas[name]["additionalProperties"] is False, name
        for field, said in schemas[name]["properties"].items():
            assert said.get("description") or field == "action", (name, field)
            for choice in said.get("anyOf", [said]):
                if choice.get("type") == "string" and not {"enum", "const", "format"} & set(choice):
                    assert "maxLength" in choice, (name, field)
                if choice.get("type") == "integer":
                    assert "maximum" in choice, (name, field)
                if choice.get("type") == "array":
                    assert "maxItems" in choice, (name, field)


def test_references_lead_somewhere(written: dict[str, Any]) -> None:
    """No name is used that is not described, and none of the framework's own is left."""
    schemas = written["components"]["schemas"]
    assert "HTTPValidationError" not in schemas

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            reference = value.get("$ref")
            if isinstance(reference, str):
                assert reference.removeprefix("#/components/schemas/") in schemas
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(written)


def test_people_can_read_it(api: Api, written: dict[str, Any]) -> None:
    """Every operation and every field that is sent stands on a page without a foreign address."""
    with api.client() as nobody:
        page = nobody.get("/api/v1/docs", headers={"Accept": "text/html"})
    assert page.status_code == 200
    for one in operations(written):
        assert f'id="{one["operationId"]}"' in page.text
    for field in written["components"]["schemas"]["NewTicket"]["properties"]:
        assert f"<code>{field}</code>" in page.text
    assert "https://" not in page.text
    assert "<style" not in page.text
