"""The lake: append-only observations as Parquet, and the bulk reading of whole catalogues.

Here: all of core that needs arrow. Not here: asking a source about one artist (`core/catalog/`), or what
the bot reads (`core/store/`); the bot never imports this package.
"""
