"""What the documents show is true: links lead somewhere, Studies are valid, commands exist."""

import re
import shlex
from pathlib import Path

import click
import pytest
import yaml

from espalier.api import parse_study
from espalier.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]+`")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def blocks(*languages: str) -> list[tuple[str, str]]:
    """Return the page and the text of each fenced block in one of the languages."""
    return [
        (named(page), text)
        for page in PAGES
        for language, text in FENCE.findall(page.read_text())
        if language in languages
    ]


def objects() -> list[tuple[str, dict]]:
    return [
        (page, document)
        for page, text in blocks("yaml")
        for document in yaml.safe_load_all(text)
        if isinstance(document, dict) and document.get("kind") == "Study"
    ]


def commands() -> list[tuple[str, str]]:
    """Return the lines that call `espalier`, continued lines joined."""
    found = []
    for page, text in blocks("console", "sh", "bash"):
        for line in text.replace("\\\n", " ").splitlines():
            words = line.removeprefix("$ ").strip()
            if words.startswith(("espalier ", "kubectl espalier ")):
                found.append((page, words.removeprefix("kubectl ")))
    return found


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_to_a_file_leads_somewhere(page):
    broken = [
        target
        for target in LINK.findall(CODE.sub("", page.read_text()))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert broken == []


@pytest.mark.parametrize(("page", "study"), objects(), ids=lambda value: str(value)[:40])
def test_every_study_that_is_shown_is_valid(page, study):
    assert "spec" in study, f"{page} shows a Study without a spec"
    parse_study(study)


@pytest.mark.parametrize(("page", "line"), commands(), ids=lambda value: str(value)[:60])
def test_every_command_that_is_shown_parses(page, line):
    words = shlex.split(line, comments=True)[1:]
    context = click.Context(main, info_name="espalier")
    name, command, rest = main.resolve_command(context, words)
    assert command is not None, f"{page}: there is no `espalier {name}`"
    command.make_context(name, list(rest), parent=context, resilient_parsing=False)


def test_the_readmes_study_is_the_examples():
    shown = next(study for page, study in objects() if page == "README.md")
    example = yaml.safe_load((ROOT / "examples/digits/study.yaml").read_text())
    assert shown == example


@pytest.mark.parametrize("folder", ["tutorial", "how-to", "reference", "explanation"])
def test_the_readme_leads_to_every_page(folder):
    linked = set(LINK.findall((ROOT / "README.md").read_text()))
    assert {named(page) for page in (ROOT / "docs" / folder).glob("*.md")} - linked == set()


def test_the_index_of_decisions_names_every_page():
    folder = ROOT / "docs/adr"
    pages = {page.name for page in folder.glob("0*.md")}
    assert set(LINK.findall((folder / "README.md").read_text())) == pages


def test_operator_is_no_package_because_it_would_shadow_the_standard_library():
    assert not (ROOT / "operator" / "__init__.py").exists()
