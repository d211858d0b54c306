"""The deployment's templates as CloudFormation sees them: SAM expanded, references resolved.

Not here: what the tests expect of them.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import boto3
import yaml
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from spotify_assets.core.settings import PROJECT_ROOT

DEPLOY = PROJECT_ROOT / "deploy"
STACK, REGION, ACCOUNT = "music", "ap-northeast-2", "123456789012"
GIVEN = {
    "AWS::StackName": STACK, "AWS::Region": REGION, "AWS::AccountId": ACCOUNT, "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com", "Name": STACK,
}  # fmt: skip


class _Loader(yaml.SafeLoader):
    """Reads !Ref, !Sub and !GetAtt as CloudFormation does."""


def _intrinsic(loader: _Loader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        value = value.split(".", 1) if suffix == "GetAtt" else value
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix == "Ref" else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _intrinsic)


def load(name: str) -> dict[str, Any]:
    """Read a template of `deploy/`."""
    template: dict[str, Any] = yaml.load((DEPLOY / name).read_text(encoding="utf-8"), _Loader)
    return template


def expand(template: Mapping[str, Any], **given: str) -> dict[str, Any]:
    """Expand what SAM abbreviates, as CloudFormation does with these parameters before anything is made."""
    if "Transform" not in template:
        return dict(template)
    translator = Translator(None, Parser(), boto_session=boto3.Session(region_name=REGION))
    expanded: dict[str, Any] = translator.translate(
        copy.deepcopy(dict(template)), {"Version": "0" * 64, **given}
    )
    return expanded


@cache
def expanded(name: str) -> dict[str, Any]:
    """Read a template and expand it."""
    return expand(load(name))


def resources(kind: str, *names: str) -> dict[str, dict[str, Any]]:
    """The properties of every resource of a type, by logical id, in these templates or all."""
    return {
        logical: resource.get("Properties", {})
        for name in names or sorted(path.name for path in DEPLOY.glob("*.yaml"))
        for logical, resource in expanded(name)["Resources"].items()
        if resource["Type"] == kind
    }


def resolved(value: Any) -> Any:
    """Put what is given, and names that say where a value comes from, in place of references."""
    if isinstance(value, list):
        return [resolved(one) for one in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Ref"}:
        return GIVEN.get(value["Ref"], f"<{value['Ref']}>")
    if set(value) == {"Fn::GetAtt"}:
        return _attribute(".".join(value["Fn::GetAtt"]))
    if set(value) == {"Fn::Sub"}:
        text, more = value["Fn::Sub"], {}
        if isinstance(text, list):
            text, more = text[0], resolved(text[1])
        given = {**GIVEN, **more}
        return re.sub(r"\$\{([^!}][^}]*)\}", lambda m: given.get(m[1]) or _attribute(m[1]), text)
    return {key: resolved(one) for key, one in value.items()}


def _attribute(name: str) -> str:
    """What an attribute is, where a table's or stream's name follows from the template, else its own name."""
    arn = f"arn:aws:{{}}:{REGION}:{ACCOUNT}:{{}}"
    if table := re.fullmatch(r"Storage\.Outputs\.(Documents|Names|Requests|Working)Arn", name):
        return arn.format("dynamodb", f"table/{STACK}-{table[1].lower()}")
    if name in ("Events.Outputs.StreamArn", "Stream.Arn"):
        return arn.format("kinesis", f"stream/{STACK}-chat-events")
    if name in ("Events.Outputs.StreamName", "Stream"):
        return f"{STACK}-chat-events"
    return f"<{name}>"


def statements() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement of every policy of the templates, with where it stands; references resolved."""
    for path in sorted(DEPLOY.glob("*.yaml")):
        for logical, resource in expanded(path.name)["Resources"].items():
            yield from _statements(f"{path.name}: {logical}", resolved(resource.get("Properties", {})))


def _statements(where: str, value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict):
        if "Effect" in value and ("Action" in value or "NotAction" in value):
            yield where, value
            return
        for one in value.values():
            yield from _statements(where, one)
    elif isinstance(value, list):
        for one in value:
            yield from _statements(where, one)
