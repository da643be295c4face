"""Voila's reader of Markdown, with formulas as MathML: the app asks no other host for a script. Voila imports it."""

from voila.exporter import VoilaMarkdownRenderer

from .formulas import Formulas


class Renderer(Formulas, VoilaMarkdownRenderer):
    """An app has one page: links to other notebooks are plain words in it."""

    def link(self, text, url, title=None):
        return super().link(text, url, title) if reaches(url) else f"<em>{text}</em>"


def reaches(url):
    """Does a link stay on the page, or lead into the web?"""
    return url.startswith(("#", "http:", "https:"))
