"""Writes the tables of languages into the guard's page and the models' cards, between two marks; a test compares both.

    python training/languages/pages.py
"""

import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "services" / "guard" / "domain" / "data" / "languages.json"
PAGES = {
    ROOT / "docs" / "guard" / "languages.md": ("toxicity", "injection", "names", "addresses", "phones"),
    ROOT / "services" / "guard" / "models" / "encoder" / "card.md": ("toxicity", "injection"),
    ROOT / "services" / "guard" / "models" / "rampart" / "card.md": ("names", "addresses", "phones"),
}
NAMES = {
    "ar": "Arabic", "bg": "Bulgarian", "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek", "en": "English", "es": "Spanish",
    "fi": "Finnish", "fr": "French", "hi": "Hindi", "hu": "Hungarian", "id": "Indonesian", "it": "Italian", "ja": "Japanese", "ko": "Korean",
    "nl": "Dutch", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sv": "Swedish", "tr": "Turkish", "uk": "Ukrainian",
    "vi": "Vietnamese", "zh": "Chinese",
}
BEGIN, END = "<!-- languages: written by training/languages/pages.py -->", "<!-- languages: end -->"


def rows(table, columns):
    """The lines of the table: a figure in bold reaches its bar, a dash was not measured."""
    yield "| language | " + " | ".join(columns) + " |"
    yield "|---" * (len(columns) + 1) + "|"
    yield "| bar | " + " | ".join(f"{table['bars'][column]:.2f}" if column in table["bars"] else "none" for column in columns) + " |"
    measured = {language: figures for language, figures in table["figures"].items() if set(columns) & set(figures)}
    for language in sorted(measured, key=lambda each: (-sum(is_verified(table, each, column) for column in columns), NAMES[each])):
        cells = (cell(table, language, column) for column in columns)
        yield f"| {NAMES[language]} (`{language}`) | " + " | ".join(cells) + " |"


def is_verified(table, language, column):
    """Whether a figure reaches its bar."""
    return column in table["bars"] and table["figures"][language].get(column, 0.0) >= table["bars"][column]


def cell(table, language, column):
    """One figure."""
    figure = table["figures"][language].get(column)
    if figure is None:
        return "–"
    return f"**{figure:.2f}**" if is_verified(table, language, column) else f"{figure:.2f}"


def with_table(page, table, columns):
    """The page with the table between the marks."""
    block = "\n".join((BEGIN, *rows(table, columns), END))
    return re.sub(f"{re.escape(BEGIN)}.*?{re.escape(END)}", lambda _: block, page, flags=re.DOTALL)


def main():
    """Write the table into each page."""
    table = json.loads(TABLE.read_text(encoding="utf-8"))
    for path, columns in PAGES.items():
        path.write_text(with_table(path.read_text(encoding="utf-8"), table, columns), encoding="utf-8")


if __name__ == "__main__":
    main()
