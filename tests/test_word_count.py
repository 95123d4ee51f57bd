"""The count of words in docstrings and comments."""

from script.words import count, texts

SOURCE = '''"""Nobody is told."""

# It says 16 A, which `say` also has.  Who’s next?
limit = "somebody hears of it"  # noqa: E501 told
type Amps = float  # type: ignore[misc]


async def tell() -> None:
    """Send it."""
    text = """Said in a string that is no docstring."""
'''


def test_docstrings_and_comments_are_counted() -> None:
    """Strings, names, names in back ticks and instructions to tools are not prose."""
    counted = count(texts(SOURCE))
    assert counted.found == {"nobody": 1, "told": 1, "says": 1, "who": 1}
    assert counted.words == 13
    assert round(counted.per_1000) == 308
    assert str(counted).startswith("307.7 per 1,000 of     13 words: nobody 1, told 1")


def test_no_words() -> None:
    """A file without prose has no counted words, either."""
    assert count(texts("a = 1\n")).per_1000 == 0
