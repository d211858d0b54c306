"""Every setting of the platform: typed, with a working default, checked once.

Settings come from the environment or from `.env` in the project's root; the environment wins. A wrong one
stops the program with a sentence that names the variable and what is allowed. Without pydantic, whose import
took nearly half of the time in which the function on Lambda starts.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from spotify_assets.core import allowed
from spotify_assets.core.allowed import Secret
from spotify_assets.core.errors import SettingsError

PROJECT_ROOT = Path(__file__).resolve().parents[2]

DAYS_TO_EXPIRY = {
    "artists": 30,
    "tracks": 30,
    "track_artists": 30,
    "artist_top_tracks": 30,
    "audio_features": 90,
    "related_artists": 90,
    "artist_tags": 180,
    "artist_aliases": 365,
    "artist_ids": 365,
    "chat_turns": 180,
}
"""How long an observation may be kept, by table, unless `EXPIRE_AFTER_DAYS` says otherwise."""

DAYS_TO_REFRESH = {
    "artists": 7,
    "tracks": 7,
    "track_artists": 7,
    "artist_top_tracks": 7,
    "audio_features": 60,
    "related_artists": 30,
    "artist_tags": 30,
    "artist_aliases": 30,
    "artist_ids": 90,
}
"""At what age an observation of a live source is due again, by table, unless `REFRESH_AFTER_DAYS` says
otherwise."""

LIVE_AUDIO_FEATURES = ("spotify", "reccobeats")
"""Who is asked for audio features where the catalogue is Spotify's; most apps may not ask Spotify."""

LIVE_RELATED = ("listenbrainz", "spotify")
"""Who is asked for related artists where the catalogue is Spotify's: the open data first."""

STORE_SCHEMES = ("sqlite", "postgresql+psycopg", "mysql+pymysql", "dynamodb")

_a_path = allowed.path_from(PROJECT_ROOT)
_a_text = allowed.text()
_a_secret = allowed.secret()
_a_glue_name = allowed.text(
    "a Glue database's name (small letters, digits and '_')", "[a-z_][a-z0-9_]{0,126}"
)
_LAKE = r"(?!.*://).*|s3://.*"
_STREAM = r"(?!.*://).*|kinesis://[A-Za-z0-9_.-]{1,128}(\?.*)?"
_STORE = "|".join(rf"{re.escape(scheme)}(:.*)?" for scheme in STORE_SCHEMES)
_CONTACT = r"[!-'*-~]*(@|://)[!-'*-~]+"
_SPARK = r"local(\[(\*|\d{1,3})\])?|spark://[\w.-]+:\d{1,5}|emr-serverless://[0-9a-z]{1,64}"
_ARN_OF_ROLE = r"arn:aws[\w-]*:iam::\d{12}:role/[\w+=,.@/-]+"


@dataclass(frozen=True)
class Settings:
    """The settings, by their variable's name in lower case, each with what reads its text.

    DESIGN lists them all; `load_settings` reads them, and fills in those that depend on others.
    """

    platform_home: Annotated[Path, _a_path] = PROJECT_ROOT / ".platform"
    lake_uri: Annotated[str, allowed.text("a local directory or s3://bucket/prefix", _LAKE)] = ""
    dbt_target: Annotated[Literal["duckdb", "athena"], allowed.one_of("duckdb", "athena")] = "duckdb"
    athena_raw_schema: Annotated[str, _a_glue_name] = "spotify_assets_raw"
    athena_schema: Annotated[str, _a_glue_name] = "spotify_assets"
    athena_work_group: Annotated[
        str, allowed.text("a work group's name (letters, digits, '.', '_' and '-')", "[A-Za-z0-9._-]{1,128}")
    ] = "primary"
    athena_timeout_seconds: Annotated[float, allowed.number(above=0)] = 900
    serving_url: Annotated[
        str, allowed.text(" or ".join(f"{scheme}://…" for scheme in STORE_SCHEMES), _STORE)
    ] = ""
    catalog_source: Annotated[
        Literal["sample", "dataset", "spotify"], allowed.one_of("sample", "dataset", "spotify")
    ] = "sample"
    catalog_dataset: Annotated[Path | None, _a_path] = None
    roster_size: Annotated[int | None, allowed.whole_number(at_least=1)] = None
    audio_features_sources: Annotated[tuple[str, ...] | None, allowed.names_in_order] = None
    related_sources: Annotated[tuple[str, ...] | None, allowed.names_in_order] = None
    spotify_client_id: Annotated[str | None, _a_text] = None
    spotify_client_secret: Annotated[Secret | None, _a_secret] = None
    spotify_market: Annotated[
        str, allowed.text("a country's code of two capital letters, such as KR,", "[A-Z]{2}")
    ] = "KR"
    spotify_language: Annotated[
        str, allowed.text("a language, such as ko or pt-BR,", "[a-z]{2,3}(-[A-Za-z]{2,4})?")
    ] = "ko"
    spotify_daily_budget: Annotated[int, allowed.whole_number(at_least=1)] = 500
    spotify_api_url: Annotated[str, allowed.address(ending="/v1")] = "https://api.spotify.com/v1"
    spotify_token_url: Annotated[str, allowed.address()] = "https://accounts.spotify.com/api/token"  # noqa: S105
    reccobeats_url: Annotated[str, allowed.address()] = "https://api.reccobeats.com"
    listenbrainz_url: Annotated[str, allowed.address()] = "https://labs.api.listenbrainz.org"
    musicbrainz_url: Annotated[str, allowed.address()] = "https://musicbrainz.org"
    musicbrainz_contact: Annotated[
        str, allowed.text("an e-mail or https:// address at which MusicBrainz can reach you", _CONTACT)
    ] = "https://pypi.org/project/spotify-assets"
    musicbrainz_interval: Annotated[float, allowed.number(at_least=0)] = 1.0
    refresh_after_days: Annotated[Mapping[str, int], allowed.days_per_table(DAYS_TO_REFRESH)] = field(
        default_factory=lambda: DAYS_TO_REFRESH
    )
    expire_after_days: Annotated[Mapping[str, int], allowed.days_per_table(DAYS_TO_EXPIRY)] = field(
        default_factory=lambda: DAYS_TO_EXPIRY
    )
    new_names_per_day: Annotated[int, allowed.whole_number(at_least=0)] = 50
    max_bad_share: Annotated[float, allowed.number(at_least=0, at_most=1)] = 0.05
    snapshots_kept_days: Annotated[int, allowed.whole_number(at_least=1)] = 3
    evaluation_pairs: Annotated[Path | None, _a_path] = None
    similarity_exact_up_to: Annotated[int, allowed.whole_number(at_least=0)] = 20_000
    spark_master: Annotated[
        str, allowed.text("local[*], spark://host:port or emr-serverless://<application id>", _SPARK)
    ] = "local[*]"
    spark_memory: Annotated[
        str, allowed.text("a number of megabytes or gigabytes, such as 512m or 2g,", "[1-9][0-9]{0,5}[mg]")
    ] = "2g"
    spark_job_role: Annotated[
        str | None,
        allowed.text("the ARN of a role, such as arn:aws:iam::123456789012:role/moods,", _ARN_OF_ROLE),
    ] = None
    spark_environment: Annotated[
        str | None,
        allowed.text(
            "a packed environment on S3, such as s3://bucket/environment.tar.gz,", r"s3://[^\s#,]+\.tar\.gz"
        ),
    ] = None
    events_url: Annotated[str, allowed.text("a local directory, kinesis://stream or off", _STREAM)] = ""
    events_api_key: Annotated[Secret | None, _a_secret] = None
    alert_webhook_url: Annotated[
        Secret | None, allowed.secret("an http:// or https:// address", "https?://.*")
    ] = None
    kakao_skill_secret: Annotated[Secret | None, _a_secret] = None
    kakao_callback_hosts: Annotated[tuple[str, ...], allowed.hosts] = ("bot-api.kakao.com",)
    messenger_app_secret: Annotated[Secret | None, _a_secret] = None
    messenger_verify_token: Annotated[Secret | None, _a_secret] = None
    messenger_page_token: Annotated[Secret | None, _a_secret] = None
    messenger_api_url: Annotated[str, allowed.address()] = "https://graph.facebook.com"
    metrics_api_key: Annotated[Secret | None, _a_secret] = None
    user_id_pepper: Annotated[Secret | None, _a_secret] = None
    questions_per_minute: Annotated[int, allowed.whole_number(at_least=1)] = 60

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Return all settings' names, in lower case."""
        return tuple(one.name for one in fields(cls))

    @property
    def warehouse_path(self) -> Path:
        """The DuckDB file that dbt builds in; nothing but the platform's runs open it."""
        return self.platform_home / "warehouse.duckdb"

    @property
    def mirror_path(self) -> Path:
        """The DuckDB file that holds what was read of Athena's models; it can be deleted at any time."""
        return self.platform_home / "mirror.duckdb"

    @property
    def dagster_home(self) -> Path:
        """Where Dagster keeps its runs, events and schedules."""
        return self.platform_home / "dagster"

    def prepare_home(self) -> None:
        """Make `PLATFORM_HOME`.

        Raises:
            SettingsError: it cannot be made or written.
        """
        try:
            self.platform_home.mkdir(parents=True, exist_ok=True)
            probe = self.platform_home / ".writable"
            probe.touch()
            probe.unlink(missing_ok=True)  # another process may have been quicker
        except OSError as error:
            raise SettingsError(
                f"PLATFORM_HOME={self.platform_home} cannot be written ({error.strerror}): "
                "name a directory that this user may write, or unset it to use .platform"
            ) from error


def load_settings(*, env_file: Path | None = PROJECT_ROOT / ".env", **overrides: Any) -> Settings:
    """Read the settings anew: `overrides` (by field name) first, then the environment, then the file.

    An empty text is as good as none.

    Raises:
        SettingsError: naming each wrong variable, its value's fault and what is allowed.
        TypeError: an override is named like no setting.
    """
    given = {**_lines_of(env_file), **_by_field(os.environ), **overrides}
    found: dict[str, Any] = {name: value for name, value in overrides.items() if name not in Settings.names()}
    faults = []
    for one in fields(Settings):
        value = given.get(one.name)
        if value is None or value == "":
            continue
        (read,) = one.type.__metadata__  # type: ignore[union-attr]
        try:
            found[one.name] = read(value)
        except ValueError as fault:
            faults.append(_sentence(one.name.upper(), value, fault))
    if faults:
        raise SettingsError("\n".join(faults))
    return _completed(Settings(**found))


@cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return load_settings()


def _lines_of(env_file: Path | None) -> dict[str, str]:
    if env_file is None or not env_file.is_file():
        return {}
    # A function on AWS has no such file, and starts sooner without what reads it.
    from dotenv import dotenv_values

    try:
        return _by_field(dotenv_values(env_file, encoding="utf-8"))
    except (OSError, UnicodeError) as error:
        raise SettingsError(f"{env_file} cannot be read ({error}): it must be a text in UTF-8") from error


def _by_field(variables: Mapping[str, str | None]) -> dict[str, str]:
    return {name.lower(): value for name, value in variables.items() if value is not None}


def _sentence(name: str, value: Any, fault: ValueError) -> str:
    secret = any(word in name for word in ("URL", "SECRET", "TOKEN", "KEY", "PEPPER"))
    return f"{name}{'' if secret else f'={value}'}: {fault}"


def _completed(read: Settings) -> Settings:
    """Return settings with those that depend on others filled in."""
    if read.catalog_source == "dataset" and read.catalog_dataset is None:
        raise SettingsError("CATALOG_SOURCE=dataset needs CATALOG_DATASET, a directory of Parquet files")
    _check_spark(read)
    lake = _directory_or_address(read.lake_uri or str(read.platform_home / "lake"))
    # Beside a lake on S3 nobody would read a directory of this machine.
    stream = "off" if lake.startswith("s3://") else f"{lake}/raw/chat_events"
    audio_features, related = read.audio_features_sources, read.related_sources
    if read.catalog_source == "spotify":
        if not read.spotify_client_id or not read.spotify_client_secret:
            raise SettingsError(
                "CATALOG_SOURCE=spotify needs SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET: make an app at "
                "https://developer.spotify.com/dashboard and put both into .env"
            )
        # With another catalogue, unset means that no live source is asked.
        audio_features = LIVE_AUDIO_FEATURES if audio_features is None else audio_features
        related = LIVE_RELATED if related is None else related
    return replace(
        read,
        lake_uri=lake,
        events_url=_directory_or_address(read.events_url or stream),
        serving_url=read.serving_url or f"sqlite:///{read.platform_home / 'serving.db'}",
        audio_features_sources=audio_features,
        related_sources=related,
    )


def _directory_or_address(place: str) -> str:
    if place == "off" or "://" in place:
        return place.rstrip("/")
    return str(_a_path(place))


def _check_spark(read: Settings) -> None:
    if not read.spark_master.startswith("emr-serverless://"):
        return
    if not read.lake_uri.startswith("s3://"):
        raise SettingsError(
            "SPARK_MASTER=emr-serverless://… needs a lake on S3: set LAKE_URI=s3://bucket/prefix"
        )
    if not read.spark_job_role or not read.spark_environment:
        raise SettingsError(
            "SPARK_MASTER=emr-serverless://… needs SPARK_JOB_ROLE, the role that jobs run as, and "
            "SPARK_ENVIRONMENT, the packed Python they run with (docs/moods.md)"
        )
