"""Count words that a docstring or a comment of this project should not need, for each 1,000 words of them.

They give software a mouth, ears or a person's pronoun. More than the limit in any part, or in all, is an error.
"""

import argparse
import ast
from collections import Counter
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
import re
import sys
import tokenize

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("custom_components", "tests", "script")
LIMIT_PER_1000 = 3.0
COUNTED = frozenset(
    [
        "hear",
        "hears",
        "heard",
        "hearing",
        "nobody",
        "say",
        "says",
        "said",
        "saying",
        "somebody",
        "tell",
        "tells",
        "telling",
        "told",
        "who",
        "whoever",
        "whom",
        "whomever",
        "whose",
    ]
)
# A word may have an apostrophe in it; what stands in back ticks is a name in the code.
WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
NAME = re.compile(r"`[^`]*`")
# An instruction to a tool is not prose.
DIRECTIVE = re.compile(r"#\s*(?:noqa|type:|pragma:|ruff:|mypy:|!)")


@dataclass
class Count:
    """How many words there are, and how many of each that is counted."""

    words: int = 0
    found: Counter[str] = field(default_factory=Counter)

    def add(self, other: Count) -> None:
        """Add the count of another text."""
        self.words += other.words
        self.found += other.found

    @property
    def per_1000(self) -> float:
        """Return the counted words for each 1,000 words."""
        return 1000 * self.found.total() / self.words if self.words else 0.0

    def __str__(self) -> str:
        """Return the count as one line."""
        most = ", ".join(f"{word} {number}" for word, number in self.found.most_common(6))
        return f"{self.per_1000:5.1f} per 1,000 of {self.words:6} words: {most or 'none'}"


def texts(source: str) -> list[str]:
    """Return the docstrings and the comments of a Python source."""
    prose = [
        docstring
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and (docstring := ast.get_docstring(node))
    ]
    prose += [
        token.string
        for token in tokenize.generate_tokens(StringIO(source).readline)
        if token.type == tokenize.COMMENT and not DIRECTIVE.match(token.string)
    ]
    return prose


def count(prose: list[str]) -> Count:
    """Count the words of some texts."""
    words = [
        word.lower().replace("’", "'").removesuffix("'s")
        for text in prose
        for word in WORD.findall(NAME.sub(" ", text))
    ]
    return Count(len(words), Counter(word for word in words if word in COUNTED))


def main(arguments: list[str]) -> int:
    """Print the counts and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--files", action="store_true", help="also list each file that has such words, most first"
    )
    options = parser.parse_args(arguments)
    total, too_many = Count(), False
    for part in PARTS:
        files = {
            path.relative_to(ROOT): count(texts(path.read_text(encoding="utf-8")))
            for path in sorted((ROOT / part).rglob("*.py"))
        }
        whole = Count()
        for counted in files.values():
            whole.add(counted)
        total.add(whole)
        too_many |= whole.per_1000 > LIMIT_PER_1000
        print(f"{part:18} {whole}")
        if options.files:
            for path, counted in sorted(files.items(), key=lambda item: -item[1].found.total()):
                if counted.found:
                    print(f"  {path.as_posix():60} {counted}")
    print(f"{'together':18} {total}")
    too_many |= total.per_1000 > LIMIT_PER_1000
    if too_many:
        print(f"At most {LIMIT_PER_1000:g} per 1,000 words.", file=sys.stderr)
    return int(too_many)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
