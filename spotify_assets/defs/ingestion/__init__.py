"""From the catalogue into the lake: whom to observe, and what was observed."""
