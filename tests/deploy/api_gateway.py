"""What API Gateway does with a call of an integration: key, model, mapping templates, the answer's status.

Here: the producers' address of `deploy/events.yaml`, run in front of any address of Kinesis. Mapping templates are
rendered by airspeed, the engine of local stacks. Not here: quotas and throttling, which API Gateway keeps.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any

import airspeed
import jsonschema
import requests

from tests.deploy.templates import REGION, resolved, resources

KEY = "the producer's key"


class Inputs:
    """`$input`: the body as text, and parts of it by JSONPath as far as the templates use it."""

    def __init__(self, body: str) -> None:
        self.body = body
        self._value = json.loads(body)

    def path(self, path: str) -> Any:
        value = self._value
        for name, place in re.findall(r"\.(\w+)|\[(\d+)\]", path.removeprefix("$")):
            value = value[name] if name else value[int(place)]
        return List(value) if isinstance(value, list) else value

    def json(self, path: str) -> str:
        return json.dumps(self.path(path), ensure_ascii=False, separators=(",", ":"))


class List(list[Any]):
    """A list with Java's name for its length, and room for nothing else."""

    def size(self) -> int:
        return len(self)


class Utilities:
    """`$util`."""

    def base64Encode(self, text: str) -> str:
        return base64.b64encode(text.encode()).decode()


def post_events(
    kinesis: str, body: bytes, key: str | None = KEY, content_type: str = "application/json"
) -> tuple[int, Any]:
    """Call `POST /v1/events` of the producers' API; return status and body of its answer."""
    api = resolved(resources("AWS::ApiGateway::RestApi", "events.yaml")["Producers"])["Body"]
    method = api["paths"]["/events"]["post"]
    if {"api_key": []} in method["security"] and key != KEY:
        return 403, {"message": "Forbidden"}
    integration = method["x-amazon-apigateway-integration"]
    if content_type not in integration["requestTemplates"] and integration["passthroughBehavior"] == "never":
        return 415, {"message": "Unsupported Media Type"}
    if not _is_valid(api, body):
        refusal = api["x-amazon-apigateway-gateway-responses"]["BAD_REQUEST_BODY"]
        said = _rendered(refusal["responseTemplates"]["application/json"], {})
        return int(refusal["statusCode"]), json.loads(said)
    sent = _rendered(integration["requestTemplates"]["application/json"], {"requestId": "r-1"}, body.decode())
    answer = requests.post(
        kinesis, sent.encode(), timeout=10,
        headers={
            "Content-Type": integration["requestParameters"]["integration.request.header.Content-Type"].strip("'"),
            "X-Amz-Target": f"Kinesis_20131202.{integration['uri'].rpartition('/')[2]}",
            "Authorization": f"AWS4-HMAC-SHA256 Credential=test/20261120/{REGION}/kinesis/aws4_request",
        },
    )  # fmt: skip
    responses = integration["responses"]
    chosen = responses.get(str(answer.status_code), responses["default"])
    override: dict[str, Any] = {}
    text = _rendered(
        chosen["responseTemplates"]["application/json"], {"responseOverride": override}, answer.text
    )
    return int(override.get("status", chosen["statusCode"])), json.loads(text)


def _is_valid(api: Mapping[str, Any], body: bytes) -> bool:
    """Whether the model lets a body through."""
    schema = api["paths"]["/events"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    try:
        found = json.loads(body)
    except ValueError:
        return False
    return bool(jsonschema.Draft4Validator({**schema, "components": api["components"]}).is_valid(found))


def _rendered(template: str, context: Mapping[str, Any], body: str = "{}") -> str:
    """Render a mapping template."""
    names = {"input": Inputs(body), "util": Utilities(), "context": context}
    return str(airspeed.Template(template).merge(names))
