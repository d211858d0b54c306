"""Everything Dagster: thin assets that call `core`, one folder per domain.

Read it in the order the data flows: `ingestion` → `marts` → `serving`, with `refresh` closing the loop from
the chatbot's questions back to `ingestion`.
"""
