"""Formulas as MathML, made when a page is written: browsers draw it themselves, with no script and no network."""

import re
import unicodedata
from functools import cache
from html import escape

# what latex2mathml does not know, in commands that it does; a tag stands after the formula, as in print
REWRITTEN = [
    (re.compile(r"\\arg\s*\\(min|max)"), r"\\text{arg \1}"),
    (re.compile(r"\\arg\b"), r"\\operatorname{arg}"),
    (re.compile(r"\s*\\tag\{([^}]*)\}"), r"\\qquad(\1)"),
    (re.compile(r"\\mathrm\{([A-Za-z]{2,})\}"), r"\\text{\1}"),
]
# browsers leave `mathvariant` alone (MathML Core): the letter itself has to be the curly or the double one
VARIANT = re.compile(r'<(m[ion])([^>]*) mathvariant="(script|double-struck|fraktur|bold)"([^>]*)>([^<])</\1>')
MENDED = [
    (re.compile(r"<mo>(&#x02016;|&#x0007C;)</mo>"), r'<mo stretchy="false">\1</mo>'),  # norms as high as their letters
    (re.compile(r"<m[io]>(&#x027FA;|&#x021D2;)</m[io]>"), r'<mo lspace="0.4em" rspace="0.4em">\1</mo>'),
    (re.compile(r'<msup>(<mo minsize="[^>]*>.</mo>)'), r"\1<msup><mrow></mrow>"),  # a power keeps its bracket high
]
FUNCTION = re.compile(r"(<mi>(?:log|exp|ln|det|sin|cos|tanh|min|max|arg)</mi>)(?=<m(?!o))")
CATEGORIES = {"Lu": "CAPITAL ", "Ll": "SMALL ", "Nd": "DIGIT "}


@cache
def mathml(tex: str, block: bool = False) -> str:
    """Translate a formula in LaTeX, without its dollars. -> <math>, or <code> for a text that cannot be read as one"""
    from latex2mathml.converter import convert

    source = tex.strip()
    for pattern, replacement in REWRITTEN:
        source = pattern.sub(replacement, source)
    try:
        formula = convert(source, display="block" if block else "inline")
    except Exception:  # its parser raises what it likes: IndexError, StopIteration, errors of its own
        return f"<code>{escape(tex)}</code>"
    for pattern, replacement in MENDED:
        formula = pattern.sub(replacement, formula)
    formula = VARIANT.sub(_letter, formula)
    formula = FUNCTION.sub(r'\1<mspace width="0.17em"/>', formula)
    return formula.replace("<math ", f'<math alttext="{escape(tex.strip())}" ', 1)


def _letter(match):
    """Return a letter in another alphabet of Unicode, where there is one: W in script is 𝒲."""
    tag, attributes, variant, more_attributes, letter = match.groups()
    category = CATEGORIES.get(unicodedata.category(letter), "")
    name = f"{variant.upper()} {category}{unicodedata.name(letter).rsplit(' ', 1)[-1]}"
    for candidate in (f"MATHEMATICAL {name}", name):
        try:
            return f"<{tag}{attributes}{more_attributes}>{unicodedata.lookup(candidate)}</{tag}>"
        except KeyError:
            continue
    return match.group(0)


class Formulas:
    """Make the formulas of a page MathML. It stands before a renderer of nbconvert among a class's parents."""

    def block_math(self, body: str) -> str:
        """Return a formula on a line of its own."""
        return mathml(body, block=True)

    def inline_math(self, body: str) -> str:
        """Return a formula within a line."""
        return mathml(body)

    def latex_environment(self, name: str, body: str) -> str:
        """Return an environment, such as align, on lines of its own."""
        return mathml(rf"\begin{{{name}}}{body}\end{{{name}}}", block=True)
