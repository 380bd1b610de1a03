"""Pages can be found, and what they point at is there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
if not DOCS.exists():
    pytest.skip(
        "recsql is installed from a wheel: is not here", allow_module_level=True
    )
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *DOCS.glob("*.ipynb")])


def text_of(page: Path) -> str:
    text = page.read_text(encoding="utf-8")
    if page.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        return "\n".join("".join(cell["source"]) for cell in cells)
    return re.sub(r"(?s)```.*?```", "", text)


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page, as GitHub and mkdocs make them of its headings."""
    headings = re.findall(r"(?m)^#+ (.+)$", text_of(page))
    kept = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.strip().replace(" ", "-") for heading in kept}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_link_is_dead(page: Path) -> None:
    for link in LINK.findall(text_of(page)):
        if "://" in link or link.startswith("mailto:"):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), f"{page.name}: {link}"
        if anchor:
            assert anchor in anchors(target), f"{page.name}: {link}"


def test_the_index_names_every_page() -> None:
    named = set(LINK.findall((DOCS / "index.md").read_text()))
    pages = {path.name for path in DOCS.iterdir() if path.suffix in (".md", ".ipynb")}
    pages |= {str(path.relative_to(DOCS)) for path in DOCS.glob("*/index.md")}
    assert pages - {"index.md"} == named


def test_a_decision_stands_once_on_a_page_of_the_index() -> None:
    pages = [path for path in (DOCS / "decisions").glob("*.md") if path.stem != "index"]
    named = LINK.findall((DOCS / "decisions/index.md").read_text())
    assert sorted(path.name for path in pages) == sorted(named)
    texts = [path.read_text() for path in pages]
    found = [title for text in texts for title in re.findall(r"(?m)^## (.+)$", text)]
    assert len(found) > 150
    assert len(set(found)) == len(found)
    assert not (ROOT / "DECISIONS.md").exists(), "docs/decisions has them by topic"
