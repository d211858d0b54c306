"""What the platform knows about music, without Dagster, dbt or pandas.

The bot ships with this package, all but `lake/`.
"""
