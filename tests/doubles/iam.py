"""What IAM would say: whether a role's statements allow a call, by what the call names.

Here: the JSON services and Lambda's invocations, as the bot uses them. Not here: conditions, or what S3 is asked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import unquote

ACCOUNT = "123456789012"
_SERVICES = {
    "DynamoDB_20120810": "dynamodb",
    "Kinesis_20131202": "kinesis",
    "AmazonSSM": "ssm",
}
_TRANSACTED = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}


@dataclass(slots=True)
class RoleDouble:
    """A role's statements, resolved; what it was asked is kept."""

    region: str
    statements: Sequence[Mapping[str, Any]]
    used: set[tuple[str, str]] = field(default_factory=set)
    denied: list[tuple[str, str]] = field(default_factory=list)

    def allows(self, target: str, path: str, body: bytes) -> bool:
        """Whether the call is allowed in all it names."""
        asked = list(self._asked(target, path, body))
        self.used.update(asked)
        self.denied += [one for one in asked if not self._allowed(*one)]
        return all(self._allowed(*one) for one in asked)

    def _allowed(self, action: str, resource: str) -> bool:
        return any(
            statement["Effect"] == "Allow"
            and action in _listed(statement["Action"])
            and any(fnmatchcase(resource, pattern) for pattern in _listed(statement["Resource"]))
            for statement in self.statements
        )

    def _asked(self, target: str, path: str, body: bytes) -> Iterator[tuple[str, str]]:
        if invoked := re.fullmatch(r"/2015-03-31/functions/([^/]+)/invocations", path):
            yield "lambda:InvokeFunction", unquote(invoked[1])
            return
        prefix, _, operation = target.partition(".")
        if prefix not in _SERVICES:
            return
        service, asked = _SERVICES[prefix], json.loads(body)
        base = f"arn:aws:{service}:{self.region}:{ACCOUNT}"
        if service == "kinesis":
            yield f"kinesis:{operation}", f"{base}:stream/{asked['StreamName']}"
        elif service == "ssm":
            yield f"ssm:{operation}", f"{base}:parameter/{asked['Path'].strip('/')}"
        elif "TransactItems" in asked:
            for item in asked["TransactItems"]:
                [(kind, write)] = item.items()
                yield f"dynamodb:{_TRANSACTED[kind]}", f"{base}:table/{write['TableName']}"
        else:
            for table in asked.get("RequestItems") or [asked.get("TableName", "")]:
                index = f"/index/{asked['IndexName']}" if "IndexName" in asked else ""
                yield f"dynamodb:{operation}", f"{base}:table/{table}{index}"


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
