"""Voila's reader of Markdown, with formulas as MathML: the app asks no other host for a script. Voila imports it."""

from voila.exporter import VoilaMarkdownRenderer

from .formulas import Formulas


class Renderer(Formulas, VoilaMarkdownRenderer):
    """An app has one page: links to other notebooks are plain words in it."""

    def link(self, text: str, url: str, title: str | None = None) -> str:
        """Return a link as HTML, or its text alone where it leads to another notebook."""
        return super().link(text, url, title) if has_target(url) else f"<em>{text}</em>"


def has_target(url: str) -> bool:
    """Return whether a link stays on the page, or leads into the web."""
    return url.startswith(("#", "http:", "https:"))
