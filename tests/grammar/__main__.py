"""`python -m tests.grammar FILE…`: what is wrong with these files of one statement each, for Athena."""

import sys
from pathlib import Path

from .grammars import refusals

found = refusals({path: Path(path).read_text(encoding="utf-8") for path in sys.argv[1:]})
print("\n".join(found) or f"{len(sys.argv) - 1} statements: nothing wrong")
sys.exit(bool(found))
