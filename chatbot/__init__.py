"""The chatbot: a question in, an Answer out, over HTTP, in a browser or on a terminal.

It reads the serving store and nothing else, and imports nothing heavy: no arrow, no DuckDB, no Dagster.
"""
