"""The model is fitted anew when too many artists came after it, once, and without asking a source."""

import dagster as dg
import numpy as np
import pytest

from spotify_assets.definitions import build_defs
from spotify_assets.defs.ingestion.observations import RAW_ASSETS
from spotify_assets.defs.marts.drift import similarity_drift_sensor
from spotify_assets.defs.marts.similarity_lists import Cells, Points, recall


def tick(fitted: int | None, present: int) -> dg.RunRequest | dg.SkipReason:
    """Let the sensor look at a model fitted on so many artists, now that there are so many."""
    with dg.DagsterInstance.ephemeral() as instance:

        def tell(asset: str, **metadata: object) -> None:
            instance.report_runless_asset_event(dg.AssetMaterialization(asset, metadata=metadata))

        if fitted is not None:
            tell("similarity_model", artists=fitted, model_version="m1")
        tell("dim_artists", **{"dagster/row_count": present})
        return similarity_drift_sensor(dg.build_sensor_context(instance))


def test_a_model_that_has_not_seen_a_fifth_of_the_artists_is_fitted_anew_once() -> None:
    asked = tick(fitted=100, present=126)
    assert isinstance(asked, dg.RunRequest)
    assert asked.run_key == "m1"


@pytest.mark.parametrize(
    ("fitted", "present", "why"),
    [
        (100, 125, "m1 has seen 80% of 125 artists"),
        (100, 90, "m1 has seen 100% of 90 artists"),
        (None, 5, "no model was fitted yet"),
    ],
)
def test_otherwise_nothing_is_launched(fitted: int | None, present: int, why: str) -> None:
    skipped = tick(fitted, present)
    assert isinstance(skipped, dg.SkipReason)
    assert skipped.skip_message == why


def test_a_refit_asks_no_source_and_publishes() -> None:
    selected = {
        key.to_user_string() for key in build_defs().resolve_job_def("refit").asset_layer.selected_asset_keys
    }
    assert {"similarity_model", "artist_similarity", "track_similarity", "serving_documents"} <= selected
    assert not selected & {asset.name for asset in RAW_ASSETS}


def test_recall_is_the_share_of_the_exact_lists() -> None:
    # Six on a line, in two cells; who looks into its own alone misses the nearest across the border.
    vectors = np.array([[0], [10], [20], [30], [40], [50]], dtype=np.float32)
    listed = np.ones(6, bool)
    points = Points(vectors, (vectors[:, 0] ** 2).astype(np.int64), listed, listed)
    own = np.array([1, 1, 1, 2, 2, 2])
    assert recall(points, Cells(own, np.array([[1, 2]] * 6)), np.arange(6), 2) == 1
    # Of 12 entries, those from 2 to 3 and from 3 to 2 are missed.
    assert recall(points, Cells(own, own[:, None]), np.arange(6), 2) == pytest.approx(10 / 12)
