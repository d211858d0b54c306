"""The platform: Dagster definitions in `defs`, everything they call in `core`."""
