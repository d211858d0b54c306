"""Lists of words, in which a word is looked up at once however long they are.

Here: how a list is written down and looked up in. Not here: the words themselves (`plain_words.py`,
`everyday.py`).
"""

from __future__ import annotations

from itertools import product

_PARTICLES = [
    "".join(parts)
    for parts in product(
        ("", "들"),
        ("", *"을 를 은 는 이 가 도 만 에 로 으로 의 한테 이나".split()),  # noqa: SIM905
    )
]
"""What a Korean noun may end in."""


class Words:
    """Words of everyday speech, large letters as good as small ones.

    Written down with spaces between; `*` stands for any ending, `+` for the particles of a Korean noun.
    """

    def __init__(self, text: str) -> None:
        words = text.lower().split()
        self._stems = tuple(word[:-1] for word in words if word.endswith("*"))
        self._whole = {word for word in words if word[-1] not in "*+"}
        nouns = [word[:-1] for word in words if word.endswith("+")]
        self._whole.update(noun + particle for noun in nouns for particle in _PARTICLES)

    def fullmatch(self, word: str) -> bool:
        """Tell whether a word is one of these, as a pattern's `fullmatch` does."""
        word = word.lower()
        return word in self._whole or word.startswith(self._stems)
