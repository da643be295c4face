"""The page of a report: its HTML, with a name in braces for every part."""

PAGE = """\
<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 16px/1.55 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem }}
h1 {{ font-size: 1.6rem; line-height: 1.25; margin-bottom: .2rem }} h2 {{ font-size: 1.15rem; margin-top: 2.2rem }}
table {{ border-collapse: collapse; display: block; overflow-x: auto; font-size: .9rem; margin-bottom: 1rem }}
th, td {{ padding: .35rem .8rem .35rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid #8886 }}
td {{ font-variant-numeric: tabular-nums }} td.best {{ font-weight: 700 }}
figure {{ margin: 1rem 0; overflow-x: auto }} img {{ width: 100%; min-width: 44rem; max-width: 74rem }}
p.lead {{ margin-top: 0 }} blockquote {{ margin: 1rem 0; padding: .4rem 1rem; border-left: 4px solid #e69f00 }}
pre {{ overflow-x: auto; padding: .8rem 1rem; border: 1px solid #8886; border-radius: 6px; font-size: .85rem }}
code {{ overflow-wrap: anywhere }}
</style></head><body>
<h1>{title}</h1>
<p class="lead">{setting}</p>
{bet}
<h2>Test {score} by criterion</h2>
{table}
<p>In percent: {seeds}. Bold: the highest mean of its column. {criteria}</p>
<figure><img alt="{alt}" src="data:image/svg+xml;base64,{figure}"></figure>
<h2>The noise: its passport</h2>
{noise}
<h2>The runs</h2>
{runs}
<p>The same configuration gives the same name and, on the CPU with as many threads, the same numbers bit for bit.</p>
<h2>Made with</h2>
{made}
</body></html>
"""
