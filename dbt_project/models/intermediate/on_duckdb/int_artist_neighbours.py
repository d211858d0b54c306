"""Who is near whom, of the lists that can have changed, in numpy; on Athena it is SQL (`on_athena/`)."""


def model(dbt, session):
    from spotify_assets.defs.marts.similarity_on_duckdb import artist_neighbours

    return artist_neighbours(
        session,
        changes=dbt.ref("int_artist_changes"),
        points=dbt.ref("int_artist_points"),
        cells=dbt.ref("int_artist_cells"),
        links=dbt.ref("int_artist_links"),
        model_vectors=dbt.ref("stg_similarity_model__vectors"),
        lists=f'"{dbt.this.schema}"."artist_similarity"',
        size=int(dbt.config.meta_get("size")),
    )
