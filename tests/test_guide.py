"""The guide for rule authors: every block of code in it is run."""

from pathlib import Path

import pytest

from service.vocabulary import page
from tests.guide import blocks, matches, run

GUIDE = Path(__file__).parent.parent / "docs" / "rules"
PAGES = sorted(path for path in GUIDE.glob("*.md") if any(blocks(path)))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_the_guide_does_what_it_says(
    path: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each block of a page is run or written down in turn, and the output is as shown."""
    monkeypatch.chdir(tmp_path)
    for block in blocks(path):
        run(block, tmp_path, capsys)


def test_the_guide_has_blocks() -> None:
    """The pages whose blocks are run are those that are meant to have some."""
    assert {path.stem for path in PAGES} == {"cases", "how-to", "tutorial"}


def test_the_vocabulary_is_in_step() -> None:
    """docs/rules/vocabulary.md is what `cardwise rules vocabulary` prints."""
    assert (GUIDE / "vocabulary.md").read_text() == page()


@pytest.mark.parametrize(
    ("shown", "said", "same"),
    [
        (["a", "…", "d"], ["a", "b", "", "c", "d"], True),
        (["a … c"], ["a b c"], True),
        (["a", "…"], ["b", "a"], False),
        (["a"], ["a", "b"], False),
    ],
)
def test_output_is_compared_loosely(shown: list[str], said: list[str], *, same: bool) -> None:
    """`…` stands for anything in a line, or for any lines; nothing else does."""
    assert matches(shown, said) is same
