"""The cells of artists that changed, in numpy; on Athena it is SQL (`on_athena/int_artist_placed.sql`)."""


def model(dbt, session):
    from spotify_assets.defs.marts.similarity_on_duckdb import placed_artists

    return placed_artists(
        session,
        changes=dbt.ref("int_artist_changes"),
        points=dbt.ref("int_artist_points"),
        model_vectors=dbt.ref("stg_similarity_model__vectors"),
        probes=int(dbt.config.meta_get("probes")),
    )
