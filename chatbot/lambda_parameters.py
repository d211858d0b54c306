"""Secrets on AWS Lambda: settings that lie in Parameter Store, not in the function's configuration.

`PARAMETERS_PATH=/music/bot` names the directory; a parameter below it is named as the setting is, such as
`/music/bot/KAKAO_SKILL_SECRET`, and read once, when an instance starts. Not here: what settings there are.
"""

from __future__ import annotations

import os

from spotify_assets.core.errors import SettingsError
from spotify_assets.core.settings import Settings

VARIABLE = "PARAMETERS_PATH"


def take_parameters() -> None:
    """Put the parameters below `PARAMETERS_PATH` into the environment, whose own values win.

    Raises:
        SettingsError: they cannot be read, or one is named like no setting.
    """
    path = os.environ.get(VARIABLE, "")
    if not path:
        return
    # Part of Lambda's own Python; nobody else needs it.
    from spotify_assets.core import aws

    client = aws.client(aws.session(SettingsError), "ssm", connect_timeout=2, read_timeout=5)
    with aws.explained(f"{VARIABLE}={path} cannot be read", SettingsError):
        pages = client.get_paginator("get_parameters_by_path").paginate(Path=path, WithDecryption=True)
        found = {one["Name"].rpartition("/")[2]: one["Value"] for page in pages for one in page["Parameters"]}
    client.close()
    settings = {name.upper() for name in Settings.names()}
    if unknown := sorted(set(found) - settings):
        raise SettingsError(f"{path} holds {', '.join(unknown)}: no setting is named so; delete or rename it")
    for name, value in found.items():
        if not os.environ.get(name):
            os.environ[name] = value
