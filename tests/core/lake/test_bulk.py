"""Which catalogue the settings open."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from spotify_assets.core.errors import CatalogError
from spotify_assets.core.lake.bulk import open_catalog
from spotify_assets.core.settings import load_settings


def test_dataset_is_opened_with_the_size_of_its_roster(dataset: Path) -> None:
    settings = {"catalog_source": "dataset", "catalog_dataset": dataset, "env_file": None}
    catalog = open_catalog(load_settings(**settings))
    assert (catalog.source, catalog.roster().num_rows) == ("dataset", 4)
    assert open_catalog(load_settings(**settings, roster_size=2)).roster().num_rows == 2


def test_four_fifths_of_the_sample_are_on_its_roster() -> None:
    catalog = open_catalog(load_settings(catalog_source="sample", env_file=None))
    everybody = catalog.roster(1_000_000)
    assert catalog.source == "sample"
    assert catalog.roster().num_rows == round(everybody.num_rows * 0.8)
    assert catalog.roster().equals(everybody.slice(0, catalog.roster().num_rows))
    assert open_catalog(load_settings(roster_size=5, env_file=None)).roster().num_rows == 5
    known = pa.array(catalog.roster()["artist_id"].to_pylist())
    assert 0 < catalog.read("artists", known).num_rows < everybody.num_rows


def test_a_live_source_is_not_read_in_bulk() -> None:
    settings = load_settings(
        catalog_source="spotify", spotify_client_id="id", spotify_client_secret="secret", env_file=None
    )
    with pytest.raises(CatalogError, match="not read in bulk"):
        open_catalog(settings)
