"""A wrong setting is named with what is allowed; everything else has a working default."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from spotify_assets.core.errors import SettingsError
from spotify_assets.core.records import LAKE_TABLES, TABLES
from spotify_assets.core.settings import PROJECT_ROOT, Settings, load_settings

APP = {"catalog_source": "spotify", "spotify_client_id": "id", "spotify_client_secret": "secret"}


def refusal(**settings: object) -> str:
    """What is said of settings that are not allowed."""
    with pytest.raises(SettingsError) as refused:
        load_settings(**settings)
    return str(refused.value)


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("catalog_source", "tape", "'sample', 'dataset' or 'spotify'"),
        ("dbt_target", "oracle", "'duckdb' or 'athena'"),
        ("roster_size", "0", "a whole number of 1 or more"),
        ("roster_size", "many", "a whole number of 1 or more"),
        ("roster_size", "1.5", "a whole number of 1 or more"),
        ("athena_timeout_seconds", "0", "a number of more than 0 is allowed"),
        ("athena_timeout_seconds", "nan", "a number of more than 0 is allowed"),
        ("athena_timeout_seconds", "inf", "a number of more than 0 is allowed"),
        ("max_bad_share", "1.5", "a number of 0 or more and 1 or less"),
        ("max_bad_share", "5%", "a number of 0 or more and 1 or less"),
        ("snapshots_kept_days", "0", "1 or more"),
        ("spotify_daily_budget", "-1", "1 or more"),
        ("musicbrainz_interval", "-0.5", "0 or more"),
        ("lake_uri", "gs://bucket", "a local directory or s3://bucket/prefix"),
        ("athena_raw_schema", "My-Lake", "small letters, digits and '_'"),
        ("spotify_market", "kor", "two capital letters"),
        ("spotify_language", "Korean", "such as ko or pt-BR"),
        ("spotify_api_url", "https://api.example.com", "must end in /v1"),
        ("reccobeats_url", "api.reccobeats.com", "http:// or https://"),
        ("musicbrainz_contact", "me", "an e-mail or https:// address"),
        ("audio_features_sources", "spotify,,reccobeats", "each once, separated by commas, or off"),
        ("related_sources", "spotify,spotify", "each once, separated by commas, or off"),
        ("expire_after_days", "artists=0", "a whole number of days of 1 or more"),
        ("expire_after_days", "albums=3", ", ".join(LAKE_TABLES)),
        ("refresh_after_days", "artists=soon", "TABLE=DAYS"),
        ("refresh_after_days", "artists", "TABLE=DAYS"),
    ],
)
def test_a_wrong_value_is_shown_with_its_name_and_what_is_allowed(
    name: str, value: str, allowed: str
) -> None:
    (sentence,) = refusal(**{name: value}).splitlines()
    assert sentence.startswith(f"{name.upper()}")
    assert name.endswith("_url") or f"{name.upper()}={value}: " in sentence
    assert allowed in sentence


@pytest.mark.parametrize(
    ("name", "value", "hidden"),
    [
        ("serving_url", "oracle://bot:hush@db/x", "hush"),
        ("alert_webhook_url", "hooks.example/T0K3N", "T0K3N"),
        ("spotify_token_url", "ftp://user:hush@host", "hush"),
    ],
)
def test_a_wrong_address_is_not_shown_since_it_may_hold_a_secret(name: str, value: str, hidden: str) -> None:
    sentence = refusal(**{name: value})
    assert sentence.startswith(f"{name.upper()}: ")
    assert "://" in sentence, "what is allowed"
    assert hidden not in sentence


def test_every_wrong_setting_is_named_at_once() -> None:
    assert [line.split("=")[0] for line in refusal(roster_size="x", max_bad_share="y").splitlines()] == [
        "ROSTER_SIZE",
        "MAX_BAD_SHARE",
    ]


def test_settings_that_need_another_name_it() -> None:
    assert "CATALOG_DATASET" in refusal(catalog_source="dataset")
    assert "SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET" in refusal(catalog_source="spotify")
    assert "SPOTIFY_CLIENT_SECRET" in refusal(catalog_source="spotify", spotify_client_id="id")


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / ".env"
    file.write_text('ROSTER_SIZE=7\nMAX_BAD_SHARE="0.5"  # half\nSOMETHING_ELSE=x\n', encoding="utf-8")
    monkeypatch.delenv("ROSTER_SIZE", raising=False)
    monkeypatch.delenv("MAX_BAD_SHARE", raising=False)
    found = load_settings(env_file=file)
    assert (found.roster_size, found.max_bad_share, found.snapshots_kept_days) == (7, 0.5, 3)
    monkeypatch.setenv("ROSTER_SIZE", "8")
    assert load_settings(env_file=file).roster_size == 8
    monkeypatch.setenv("ROSTER_SIZE", "")
    assert load_settings(env_file=file).roster_size is None, "empty in the environment is unset, file or not"


def test_a_wrong_line_of_the_file_is_told_like_a_wrong_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ROSTER_SIZE", raising=False)
    (tmp_path / ".env").write_text("ROSTER_SIZE=many\n")
    assert refusal(env_file=tmp_path / ".env").startswith("ROSTER_SIZE=many: ")


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"SPOTIFY_MARKET=\xff\xfe")
    assert re.match(r".*/\.env cannot be read .*UTF-8$", refusal(env_file=tmp_path / ".env"))


def test_an_override_that_is_no_setting_is_a_mistake_in_the_code() -> None:
    with pytest.raises(TypeError, match="roster_sise"):
        load_settings(roster_sise=5)


@pytest.mark.parametrize("name", sorted(set(Settings.names()) - {"platform_home"}))
def test_an_empty_value_is_as_good_as_none(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(name.upper(), raising=False)
    unset = load_settings(env_file=None)
    monkeypatch.setenv(name.upper(), "")
    assert load_settings(env_file=None) == unset


def test_relative_paths_are_read_from_the_projects_root_wherever_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = load_settings(platform_home="here", catalog_dataset="../there", lake_uri="lake")
    assert found.platform_home == PROJECT_ROOT / "here"
    assert found.catalog_dataset == PROJECT_ROOT / "../there"
    assert found.lake_uri == str(PROJECT_ROOT / "lake")
    assert found.serving_url == f"sqlite:///{PROJECT_ROOT / 'here' / 'serving.db'}"
    assert load_settings(platform_home=str(tmp_path)).platform_home == tmp_path
    monkeypatch.setenv("HOME", str(tmp_path))
    assert load_settings(platform_home="~/music").platform_home == tmp_path / "music"


def test_what_lies_in_the_home_follows_it_unless_it_is_set() -> None:
    found = load_settings(platform_home="/srv/music")
    assert found.lake_uri == "/srv/music/lake"
    assert str(found.warehouse_path) == "/srv/music/warehouse.duckdb"
    assert str(found.dagster_home) == "/srv/music/dagster"
    assert load_settings(platform_home="/srv/music", lake_uri="s3://b/p/").lake_uri == "s3://b/p"


def test_days_are_set_for_the_tables_that_are_named_alone() -> None:
    found = load_settings(expire_after_days="artists=1, audio_features=2").expire_after_days
    default = load_settings().expire_after_days
    assert found == {**default, "artists": 1, "audio_features": 2}
    assert set(default) == set(LAKE_TABLES)
    assert set(load_settings().refresh_after_days) == set(TABLES)


def test_live_sources_have_an_order_only_where_the_catalogue_is_live() -> None:
    assert load_settings().related_sources is None
    assert load_settings(**APP).related_sources == ("listenbrainz", "spotify")
    assert load_settings(**APP, related_sources=" spotify , listenbrainz ").related_sources == (
        "spotify",
        "listenbrainz",
    )
    assert load_settings(**APP, audio_features_sources="off").audio_features_sources == ()


def test_no_secret_is_shown_when_settings_are() -> None:
    found = load_settings(**APP | {"spotify_client_secret": "hush"}, alert_webhook_url="https://x/T0K3N")
    assert not re.search("hush|T0K3N", repr(found) + str(found))


def test_a_home_is_made_with_its_parents_and_left_clean(tmp_path: Path) -> None:
    found = load_settings(platform_home=str(tmp_path / "a" / "b"))
    found.prepare_home()
    found.prepare_home()
    assert list((tmp_path / "a" / "b").iterdir()) == []


@pytest.mark.parametrize("blocked", ["file", "file/below"])
def test_a_home_that_cannot_be_made_is_named_with_what_to_do(tmp_path: Path, blocked: str) -> None:
    (tmp_path / "file").write_text("")
    found = load_settings(platform_home=str(tmp_path / blocked))
    with pytest.raises(
        SettingsError, match=f"PLATFORM_HOME={tmp_path / blocked} cannot be written .*: name a"
    ):
        found.prepare_home()
