"""The bundled sample: a small catalogue of real artists with synthetic tracks, for a demo without an account.

Here: its data and the program that draws them. Not here: reading it, which goes as for any other dataset
directory (`core/lake`) and for looking a name up (`core/catalog`). `README.md` says what is real in it.
"""

from pathlib import Path

SAMPLE_DIRECTORY: Path = Path(__file__).resolve().parent
"""The dataset directory: the sample's Parquet tables, named as in `records.TABLES`."""
