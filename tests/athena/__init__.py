"""The platform's dbt project on Athena: every statement through the grammars, every mart as DuckDB has it.

Here: what is sent to Athena and what comes of it. Not here: the double that stands for it (`tests/doubles/athena`), or
whether a model is right (`tests/dbt`).
"""
