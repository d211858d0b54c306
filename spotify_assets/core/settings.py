"""Every setting of the platform: typed, with a working default, checked once.

Settings come from the environment or from `.env` in the project's root; the environment wins. A wrong one
stops the program with a sentence that names the variable and what is allowed.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

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

_DAYS = {"expire_after_days": DAYS_TO_EXPIRY, "refresh_after_days": DAYS_TO_REFRESH}

LIVE_AUDIO_FEATURES = ("spotify", "reccobeats")
"""Who is asked for audio features where the catalogue is Spotify's; most apps may not ask Spotify."""

LIVE_RELATED = ("listenbrainz", "spotify")
"""Who is asked for related artists where the catalogue is Spotify's: the open data first."""

STORE_SCHEMES = ("sqlite", "postgresql+psycopg", "mysql+pymysql", "dynamodb")


class Settings(BaseSettings):
    """The settings, by their variable's name in lower case; DESIGN lists them all."""

    model_config = SettingsConfigDict(env_file=PROJECT_ROOT / ".env", extra="ignore", frozen=True)

    platform_home: Path = PROJECT_ROOT / ".platform"
    lake_uri: str = ""
    dbt_target: Literal["duckdb", "athena"] = "duckdb"
    athena_raw_schema: str = "spotify_assets_raw"
    athena_schema: str = "spotify_assets"
    athena_work_group: str = "primary"
    athena_timeout_seconds: float = Field(900, gt=0)
    serving_url: str = ""
    catalog_source: Literal["sample", "dataset", "spotify"] = "sample"
    catalog_dataset: Path | None = None
    roster_size: int | None = Field(None, ge=1)
    audio_features_sources: Annotated[tuple[str, ...] | None, NoDecode] = None
    related_sources: Annotated[tuple[str, ...] | None, NoDecode] = None
    spotify_client_id: str | None = None
    spotify_client_secret: SecretStr | None = None
    spotify_market: str = "KR"
    spotify_language: str = "ko"
    spotify_daily_budget: int = Field(500, ge=1)
    spotify_api_url: str = "https://api.spotify.com/v1"
    spotify_token_url: str = "https://accounts.spotify.com/api/token"  # noqa: S105 - an address
    reccobeats_url: str = "https://api.reccobeats.com"
    listenbrainz_url: str = "https://labs.api.listenbrainz.org"
    musicbrainz_url: str = "https://musicbrainz.org"
    musicbrainz_contact: str = "https://pypi.org/project/spotify-assets"
    musicbrainz_interval: float = Field(1.0, ge=0)
    refresh_after_days: Annotated[dict[str, int], NoDecode] = DAYS_TO_REFRESH
    expire_after_days: Annotated[dict[str, int], NoDecode] = DAYS_TO_EXPIRY
    new_names_per_day: int = Field(50, ge=0)
    max_bad_share: float = Field(0.05, ge=0, le=1)
    snapshots_kept_days: int = Field(3, ge=1)
    evaluation_pairs: Path | None = None
    similarity_exact_up_to: int = Field(20_000, ge=0)
    spark_master: str = "local[*]"
    spark_memory: str = "2g"
    spark_job_role: str | None = None
    spark_environment: str | None = None
    events_url: str = ""
    events_api_key: SecretStr | None = None
    alert_webhook_url: SecretStr | None = None
    kakao_skill_secret: SecretStr | None = None
    kakao_callback_hosts: Annotated[tuple[str, ...], NoDecode] = ("bot-api.kakao.com",)
    messenger_app_secret: SecretStr | None = None
    messenger_verify_token: SecretStr | None = None
    messenger_page_token: SecretStr | None = None
    messenger_api_url: str = "https://graph.facebook.com"
    metrics_api_key: SecretStr | None = None
    user_id_pepper: SecretStr | None = None
    questions_per_minute: int = Field(60, ge=1)

    @field_validator("*", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: Any, info: ValidationInfo) -> Any:
        """Treat `NAME=` in `.env` as not set."""
        if value == "" and info.field_name:
            return cls.model_fields[info.field_name].get_default(call_default_factory=True)
        return value

    @field_validator("platform_home", "catalog_dataset", "evaluation_pairs")
    @classmethod
    def _from_project_root(cls, value: Path | None) -> Path | None:
        """Read a relative path from the project's root, wherever the command was started."""
        return None if value is None else PROJECT_ROOT / value.expanduser()

    @field_validator("audio_features_sources", "related_sources", mode="before")
    @classmethod
    def _ordered_list(cls, value: Any) -> Any:
        """Read `spotify,reccobeats` in that order; `off` is nobody."""
        if not isinstance(value, str) or not value:
            return value
        names = tuple(part.strip() for part in value.split(","))
        if names == ("off",):
            return ()
        if not all(names) or len(set(names)) < len(names):
            raise ValueError("names of sources, each once, separated by commas, or off are allowed")
        return names

    @field_validator("kakao_callback_hosts", mode="before")
    @classmethod
    def _hosts(cls, value: Any) -> Any:
        """Read `host,host:port`."""
        if not isinstance(value, str) or not value:
            return value
        hosts = tuple(part.strip().lower() for part in value.split(","))
        if not all(re.fullmatch(r"[a-z0-9.-]+(:[0-9]{1,5})?", host) for host in hosts):
            raise ValueError("names of hosts are allowed, such as bot-api.kakao.com, separated by commas")
        return hosts

    @field_validator("expire_after_days", "refresh_after_days", mode="before")
    @classmethod
    def _per_table(cls, value: Any, info: ValidationInfo) -> Any:
        """Read `artists=7,tracks=7` on top of the defaults."""
        if not isinstance(value, str) or not value:
            return value
        days = dict(_DAYS[info.field_name or ""])
        for part in value.split(","):
            table, _, number = part.strip().partition("=")
            if table not in days or not number.isdigit() or int(number) < 1:
                raise ValueError(
                    f"{part.strip()!r} is not TABLE=DAYS with a whole number of days of 1 or more "
                    f"and one of the tables {', '.join(days)}"
                )
            days[table] = int(number)
        return days

    @field_validator("lake_uri")
    @classmethod
    def _lake_scheme(cls, value: str) -> str:
        if "://" in value and not value.startswith("s3://"):
            raise ValueError("a local directory or s3://bucket/prefix is allowed")
        return value.rstrip("/") if value != "/" else value

    @field_validator("events_url")
    @classmethod
    def _stream(cls, value: str) -> str:
        if "://" in value and not re.fullmatch(r"kinesis://[A-Za-z0-9_.-]{1,128}(\?.*)?", value):
            raise ValueError("a local directory, kinesis://stream or off is allowed")
        return value

    @field_validator("athena_raw_schema", "athena_schema")
    @classmethod
    def _glue_name(cls, value: str) -> str:
        if not re.fullmatch("[a-z_][a-z0-9_]{0,126}", value):
            raise ValueError("a Glue database's name is allowed: small letters, digits and '_'")
        return value

    @field_validator("athena_work_group")
    @classmethod
    def _work_group(cls, value: str) -> str:
        if not re.fullmatch("[A-Za-z0-9._-]{1,128}", value):
            raise ValueError("a work group's name is allowed: letters, digits, '.', '_' and '-'")
        return value

    @field_validator("spark_master")
    @classmethod
    def _spark(cls, value: str) -> str:
        allowed = r"local(\[(\*|\d{1,3})\])?|spark://[\w.-]+:\d{1,5}|emr-serverless://[0-9a-z]{1,64}"
        if not re.fullmatch(allowed, value):
            raise ValueError("local[*], spark://host:port or emr-serverless://<application id> is allowed")
        return value

    @field_validator("spark_memory")
    @classmethod
    def _memory(cls, value: str) -> str:
        if not re.fullmatch("[1-9][0-9]{0,5}[mg]", value):
            raise ValueError("megabytes or gigabytes are allowed, such as 512m or 2g")
        return value

    @field_validator("spark_job_role")
    @classmethod
    def _role(cls, value: str | None) -> str | None:
        if value and not re.fullmatch(r"arn:aws[\w-]*:iam::\d{12}:role/[\w+=,.@/-]+", value):
            raise ValueError("the ARN of a role is allowed, such as arn:aws:iam::123456789012:role/moods")
        return value

    @field_validator("spark_environment")
    @classmethod
    def _archive(cls, value: str | None) -> str | None:
        if value and not re.fullmatch(r"s3://[^\s#,]+\.tar\.gz", value):
            raise ValueError("a packed environment on S3 is allowed, such as s3://bucket/environment.tar.gz")
        return value

    @field_validator("serving_url")
    @classmethod
    def _store_scheme(cls, value: str) -> str:
        if value and value.split("://")[0] not in STORE_SCHEMES:
            allowed = ", ".join(f"{scheme}://…" for scheme in STORE_SCHEMES)
            raise ValueError(f"allowed are {allowed}")
        return value

    @field_validator("spotify_market")
    @classmethod
    def _country(cls, value: str) -> str:
        if not re.fullmatch("[A-Z]{2}", value):
            raise ValueError("two capital letters are allowed, such as KR")
        return value

    @field_validator("spotify_language")
    @classmethod
    def _language(cls, value: str) -> str:
        if not re.fullmatch("[a-z]{2,3}(-[A-Za-z]{2,4})?", value):
            raise ValueError("a language is allowed, such as ko or pt-BR")
        return value

    @field_validator(
        "spotify_api_url",
        "spotify_token_url",
        "reccobeats_url",
        "listenbrainz_url",
        "musicbrainz_url",
        "messenger_api_url",
    )
    @classmethod
    def _source_address(cls, value: str, info: ValidationInfo) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("an http:// or https:// address is allowed")
        address = value.rstrip("/")
        if info.field_name == "spotify_api_url" and not address.endswith("/v1"):
            raise ValueError("the address must end in /v1")
        return address

    @field_validator("musicbrainz_contact")
    @classmethod
    def _contact(cls, value: str) -> str:
        if not re.fullmatch(r"[!-'*-~]*(@|://)[!-'*-~]+", value):
            raise ValueError("an e-mail or https:// address is allowed at which MusicBrainz can reach you")
        return value

    @field_validator("alert_webhook_url")
    @classmethod
    def _http(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not value.get_secret_value().startswith(("http://", "https://")):
            raise ValueError("an http:// or https:// address is allowed")
        return value

    @model_validator(mode="after")
    def _derived(self) -> Settings:
        if self.catalog_source == "dataset" and self.catalog_dataset is None:
            raise ValueError("CATALOG_SOURCE=dataset needs CATALOG_DATASET, a directory of Parquet files")
        if self.catalog_source == "spotify":
            self._prepare_for_spotify()
        home = self.platform_home
        # The model is frozen once made; these two defaults depend on another field.
        if not self.lake_uri:
            object.__setattr__(self, "lake_uri", str(home / "lake"))
        elif "://" not in self.lake_uri:
            object.__setattr__(self, "lake_uri", str(PROJECT_ROOT / Path(self.lake_uri).expanduser()))
        if not self.events_url:
            # Beside a lake on S3 nobody would read a directory of this machine.
            stream = "off" if self.lake_uri.startswith("s3://") else f"{self.lake_uri}/raw/chat_events"
            object.__setattr__(self, "events_url", stream)
        elif "://" not in self.events_url and self.events_url != "off":
            object.__setattr__(self, "events_url", str(PROJECT_ROOT / Path(self.events_url).expanduser()))
        if not self.serving_url:
            object.__setattr__(self, "serving_url", f"sqlite:///{home / 'serving.db'}")
        self._check_spark()
        return self

    def _check_spark(self) -> None:
        if not self.spark_master.startswith("emr-serverless://"):
            return
        if not self.lake_uri.startswith("s3://"):
            raise ValueError(
                "SPARK_MASTER=emr-serverless://… needs a lake on S3: set LAKE_URI=s3://bucket/prefix"
            )
        if not self.spark_job_role or not self.spark_environment:
            raise ValueError(
                "SPARK_MASTER=emr-serverless://… needs SPARK_JOB_ROLE, the role that jobs run as, and "
                "SPARK_ENVIRONMENT, the packed Python they run with (docs/moods.md)"
            )

    def _prepare_for_spotify(self) -> None:
        if not self.spotify_client_id or not self.spotify_client_secret:
            raise ValueError(
                "CATALOG_SOURCE=spotify needs SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET: make an app at "
                "https://developer.spotify.com/dashboard and put both into .env"
            )
        # Frozen as well; with another catalogue, unset means that no live source is asked.
        if self.audio_features_sources is None:
            object.__setattr__(self, "audio_features_sources", LIVE_AUDIO_FEATURES)
        if self.related_sources is None:
            object.__setattr__(self, "related_sources", LIVE_RELATED)

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


def load_settings(**overrides: Any) -> Settings:
    """Read the settings anew, `overrides` (by field name) first.

    Raises:
        SettingsError: naming each wrong variable, its value's fault and what is allowed.
    """
    try:
        return Settings(**overrides)
    except ValidationError as error:
        raise SettingsError("\n".join(_sentence(e) for e in error.errors(include_url=False))) from error


@cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return load_settings()


def _sentence(error: Any) -> str:
    message = str(error["msg"]).removeprefix("Value error, ")
    if not error["loc"]:
        return message
    name = str(error["loc"][0]).upper()
    secret = "URL" in name or "SECRET" in name or "TOKEN" in name or "KEY" in name or "PEPPER" in name
    shown = "" if secret else f"={error['input']}"
    return f"{name}{shown}: {message}"
