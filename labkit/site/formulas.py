"""Formulas as MathML, made when a page is written: browsers draw it themselves, with no script and no network."""

import re
import unicodedata
from functools import cache
from html import escape

# what latex2mathml does not know, in words that it does; a tag stands after the formula, as in print
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


@cache
def mathml(tex, block=False):
    """A formula in LaTeX, without its dollars. -> <math>; text that cannot be read as one comes back as <code>"""
    from latex2mathml.converter import convert

    source = tex.strip()
    for pattern, words in REWRITTEN:
        source = pattern.sub(words, source)
    try:
        made = convert(source, display="block" if block else "inline")
    except Exception:  # its parser raises what it likes: IndexError, StopIteration, errors of its own
        return f"<code>{escape(tex)}</code>"
    for pattern, words in MENDED:
        made = pattern.sub(words, made)
    made = FUNCTION.sub(r'\1<mspace width="0.17em"/>', VARIANT.sub(_letter, made))
    return made.replace("<math ", f'<math alttext="{escape(tex.strip())}" ', 1)


def _letter(match):
    """A letter in another alphabet of Unicode, where there is one: W in script is 𝒲."""
    tag, before, variant, after, letter = match.groups()
    kind = {"Lu": "CAPITAL ", "Ll": "SMALL ", "Nd": "DIGIT "}.get(unicodedata.category(letter), "")
    name = f"{variant.upper()} {kind}{unicodedata.name(letter).rsplit(' ', 1)[-1]}"
    for candidate in (f"MATHEMATICAL {name}", name):
        try:
            return f"<{tag}{before}{after}>{unicodedata.lookup(candidate)}</{tag}>"
        except KeyError:
            continue
    return match.group(0)


class Formulas:
    """Before a renderer of nbconvert among a class's parents: its formulas become MathML."""

    def block_math(self, body):
        return mathml(body, block=True)

    def inline_math(self, body):
        return mathml(body)

    def latex_environment(self, name, body):
        return mathml(rf"\begin{{{name}}}{body}\end{{{name}}}", block=True)
