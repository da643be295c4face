"""What axe-core finds on a page that some readers cannot use."""

RULES = {
    "resultTypes": ["violations"],
    "preload": False,  # a page from a file may fetch nothing, and needs nothing fetched
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    # the one is an experiment of axe's, the other is good practice alone; both were wrong here once
    "rules": {"label-content-name-mismatch": {"enabled": True}, "empty-table-header": {"enabled": True}},
}
RUN = "([context, rules]) => axe.run(context ?? document, rules)"
PACKAGE = "axe_playwright_python"


def violations(page, context=None):
    """Violations of WCAG's levels A and AA in a page, or in the first element that a selector finds. -> texts"""
    from axe_playwright_python.base import AXE_SCRIPT

    page.evaluate(AXE_SCRIPT)
    found = page.evaluate(RUN, [context, RULES])["violations"]
    return [f"{rule['id']}: {node['target']} {node['html'][:200]}" for rule in found for node in rule["nodes"]]
