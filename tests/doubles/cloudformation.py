"""CloudFormation on loopback: stacks with templates, parameters and states; it refuses what the real one refuses.

Here: what a deployment asks of it. Not here: making what a template describes; of that only what is fetched from S3
is looked for, and a stack whose parts are missing fails and goes back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

import yaml

VERSION = b"Version=2010-05-15"
MAX_BODY = 51_200
"""Bytes of a template that is not fetched from S3."""


class Refused(Exception):
    """A call that is turned away, with the service's code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class _Loader(yaml.SafeLoader):
    """Reads a template and leaves its intrinsics alone."""


_Loader.add_multi_constructor("!", lambda loader, suffix, node: None)


@dataclass(slots=True)
class Stack:
    """One stack as it stands."""

    template: str
    parameters: dict[str, str]
    states: list[str]
    """The first is how it stands now; the others come, one with each look."""
    events: list[tuple[str, str, str]] = field(default_factory=list)

    def look(self) -> str:
        """Return how it stands, and let time pass."""
        return self.states.pop(0) if len(self.states) > 1 else self.states[0]


@dataclass(slots=True)
class CloudFormationDouble:
    """All stacks of an account."""

    fetch: Callable[[str, str], bytes | None]
    """An object of S3 by bucket and key, None where there is none."""
    outputs: Callable[[Mapping[str, str]], Mapping[str, str]] = lambda parameters: {}
    """What a stack of these parameters puts out."""
    stacks: dict[str, Stack] = field(default_factory=dict)

    def answer(self, body: bytes) -> tuple[int, str]:
        """Answer one call: status and XML."""
        asked = {name: values[0] for name, values in parse_qs(body.decode(), keep_blank_values=True).items()}
        action = asked["Action"]
        try:
            result = getattr(self, f"_{action}")(asked)
        except Refused as error:
            said = f"<Code>{error.code}</Code><Message>{escape(str(error))}</Message>"
            return 400, f"<ErrorResponse><Error><Type>Sender</Type>{said}</Error></ErrorResponse>"
        return 200, f"<{action}Response><{action}Result>{result}</{action}Result></{action}Response>"

    def _ValidateTemplate(self, asked: dict[str, str]) -> str:
        declared: dict[str, Any] = yaml.load(self._template(asked), _Loader).get("Parameters", {})
        members = [
            f"<member><ParameterKey>{name}</ParameterKey>"
            + (f"<DefaultValue>{escape(str(one['Default']))}</DefaultValue>" if "Default" in one else "")
            + "</member>"
            for name, one in declared.items()
        ]
        return f"<Parameters>{''.join(members)}</Parameters>"

    def _CreateStack(self, asked: dict[str, str]) -> str:
        if asked["StackName"] in self.stacks:
            raise Refused("AlreadyExistsException", f"Stack [{asked['StackName']}] already exists")
        template, parameters = self._template(asked), self._parameters(asked)
        self._check(template, parameters, asked)
        stack = self.stacks[asked["StackName"]] = Stack(template, parameters, ["CREATE_IN_PROGRESS"])
        missing = self._missing(parameters)
        stack.states.append("ROLLBACK_COMPLETE" if missing else "CREATE_COMPLETE")
        stack.events += [(name, "CREATE_FAILED", reason) for name, reason in missing]
        return f"<StackId>{asked['StackName']}</StackId>"

    def _UpdateStack(self, asked: dict[str, str]) -> str:
        stack = self._stack(asked)
        if "PROGRESS" in stack.states[0] or stack.states[0] == "ROLLBACK_COMPLETE":
            raise Refused("ValidationError", f"Stack is in {stack.states[0]} state and can not be updated.")
        template, parameters = self._template(asked), self._parameters(asked)
        self._check(template, parameters, asked)
        if (template, parameters) == (stack.template, stack.parameters):
            raise Refused("ValidationError", "No updates are to be performed.")
        missing = self._missing(parameters)
        if missing:
            stack.states[:] = [
                "UPDATE_IN_PROGRESS",
                "UPDATE_ROLLBACK_IN_PROGRESS",
                "UPDATE_ROLLBACK_COMPLETE",
            ]
            stack.events += [(name, "UPDATE_FAILED", reason) for name, reason in missing]
        else:
            stack.states[:] = ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_COMPLETE"]
            stack.template, stack.parameters = template, parameters
        return f"<StackId>{asked['StackName']}</StackId>"

    def _DescribeStacks(self, asked: dict[str, str]) -> str:
        stack = self._stack(asked)
        outputs = self.outputs(stack.parameters)
        return (
            f"<Stacks><member><StackName>{asked['StackName']}</StackName><StackStatus>{stack.look()}</StackStatus>"
            f"<CreationTime>{_now()}</CreationTime>"
            f"<Parameters>{_pairs('Parameter', stack.parameters)}</Parameters>"
            f"<Outputs>{_pairs('Output', outputs)}</Outputs></member></Stacks>"
        )

    def _GetTemplate(self, asked: dict[str, str]) -> str:
        assert asked["TemplateStage"] == "Original"
        return f"<TemplateBody>{escape(self._stack(asked).template)}</TemplateBody>"

    def _DescribeStackEvents(self, asked: dict[str, str]) -> str:
        members = [
            f"<member><LogicalResourceId>{name}</LogicalResourceId><ResourceStatus>{status}</ResourceStatus>"
            f"<ResourceStatusReason>{escape(reason)}</ResourceStatusReason><Timestamp>{_now()}</Timestamp></member>"
            for name, status, reason in reversed(self._stack(asked).events)
        ]
        return f"<StackEvents>{''.join(members)}</StackEvents>"

    def _stack(self, asked: Mapping[str, str]) -> Stack:
        if asked["StackName"] not in self.stacks:
            raise Refused("ValidationError", f"Stack with id {asked['StackName']} does not exist")
        return self.stacks[asked["StackName"]]

    def _template(self, asked: Mapping[str, str]) -> str:
        if "TemplateBody" in asked:
            if len(asked["TemplateBody"].encode()) > MAX_BODY:
                raise Refused("ValidationError", f"templateBody has more than {MAX_BODY} bytes")
            return asked["TemplateBody"]
        found = self._at(asked["TemplateURL"])
        if found is None:
            raise Refused("ValidationError", "S3 error: Access Denied")
        return found.decode()

    def _at(self, url: str) -> bytes | None:
        parts = urlsplit(url)
        host = re.fullmatch(r"([a-z0-9.-]+)\.s3\.[a-z0-9-]+\.amazonaws\.com(\.cn)?", parts.netloc)
        return self.fetch(host[1], parts.path.lstrip("/")) if host and parts.scheme == "https" else None

    def _parameters(self, asked: Mapping[str, str]) -> dict[str, str]:
        found, number = {}, 1
        while name := asked.get(f"Parameters.member.{number}.ParameterKey"):
            found[name] = asked[f"Parameters.member.{number}.ParameterValue"]
            number += 1
        return found

    def _check(self, template: str, parameters: dict[str, str], asked: Mapping[str, str]) -> None:
        """Refuse what is seen before anything is made; fill in what parameters are by default."""
        read = yaml.load(template, _Loader)
        capabilities = {value for name, value in asked.items() if name.startswith("Capabilities.member.")}
        needed = {"CAPABILITY_IAM"} if "AWS::IAM::" in template else set()
        needed |= {"CAPABILITY_AUTO_EXPAND"} if "Transform" in read else set()
        if missing := sorted(needed - capabilities):
            raise Refused("InsufficientCapabilitiesException", f"Requires capabilities : {missing}")
        declared: dict[str, Any] = read.get("Parameters", {})
        if unknown := sorted(set(parameters) - set(declared)):
            raise Refused(
                "ValidationError", f"Parameters: [{', '.join(unknown)}] do not exist in the template"
            )
        for name, declaration in declared.items():
            if name not in parameters and "Default" in declaration:
                parameters[name] = str(declaration["Default"])
        if lacking := [name for name in declared if name not in parameters]:
            raise Refused("ValidationError", f"Parameters: [{', '.join(lacking)}] must have values")
        for name, value in parameters.items():
            allowed = declared[name].get("AllowedValues")
            pattern = declared[name].get("AllowedPattern")
            if (allowed and value not in map(str, allowed)) or (pattern and not re.fullmatch(pattern, value)):
                raise Refused(
                    "ValidationError", f"Parameter '{name}' must be one of what the template allows"
                )

    def _missing(self, parameters: Mapping[str, str]) -> Iterable[tuple[str, str]]:
        """What cannot be made since it is not in S3, and why."""
        parts = [
            (name.removesuffix("Template"), self._at(value))
            for name, value in parameters.items()
            if name.endswith("Template")
        ]
        parts.append(("Bot", self.fetch(parameters["CodeBucket"], parameters["CodeKey"])))
        return [(name, "S3 Error Code: NoSuchKey") for name, found in parts if found is None]


def _pairs(kind: str, values: Mapping[str, str]) -> str:
    return "".join(
        f"<member><{kind}Key>{name}</{kind}Key><{kind}Value>{escape(value)}</{kind}Value></member>"
        for name, value in values.items()
    )


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
