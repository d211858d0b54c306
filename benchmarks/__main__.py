"""`make bench`: measure, print, and with `--write` put the figures into docs/benchmarks.md.

`python -m benchmarks [--write] [SECTION …]`, of those in `SECTIONS`; all without a name.
"""

import platform
import sys
from datetime import date

from benchmarks import (
    athena_scan,
    build,
    chat,
    function,
    live,
    loop,
    moods,
    names,
    quality,
    similarity,
    songs,
    store,
)
from benchmarks.platform_process import PROJECT_ROOT

SECTIONS = {
    "build": build,
    "quality": quality,
    "loop": loop,
    "chat": chat,
    "live": live,
    "names": names,
    "athena_scan": athena_scan,
    "similarity": similarity,
    "songs": songs,
    "store": store,
    "lambda": function,
    "moods": moods,
}
PAGE = PROJECT_ROOT / "docs" / "benchmarks.md"


def main(arguments: list[str]) -> None:
    """Measure the sections named, or all."""
    wanted = [a for a in arguments if not a.startswith("-")] or list(SECTIONS)
    if unknown := set(wanted) - set(SECTIONS):
        sys.exit(f"There is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(SECTIONS)}")
    for name in wanted:
        print(f"\n## {name}: {(SECTIONS[name].__doc__ or '').strip()}", flush=True)
        lines = []
        for what, figure in SECTIONS[name].rows():
            lines.append(f"| {what} | {figure} |")
            print(lines[-1], flush=True)
        if "--write" in arguments:
            _write(name, lines)


def _write(name: str, lines: list[str]) -> None:
    """Replace the table between a section's marks, on the section's own page where it has one."""
    place = getattr(SECTIONS[name], "PAGE", PAGE)
    page = place.read_text()
    start, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
    before, rest = page.split(start, 1)
    _, after = rest.split(end, 1)
    stamp = f"Measured {date.today()}, Python {platform.python_version()}, {platform.machine()}.\n\n"  # noqa: DTZ011
    table = "\n".join(["| what | figure |", "|---|---|", *lines])
    place.write_text(f"{before}{start}{stamp}{table}\n{end}{after}")


if __name__ == "__main__":
    main(sys.argv[1:])
