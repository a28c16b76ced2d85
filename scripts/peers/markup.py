"""The page as HTML, for Chromium and WeasyPrint: tables with fixed tracks, the rest by its place."""
from html import escape

from page import FONTS, GOTHIC, GROUP, INNER, MINCHO, OUTER

CSS = f"""
@font-face {{ font-family: "{MINCHO}"; src: url("{FONTS[MINCHO].as_uri()}"); }}
@font-face {{ font-family: "{GOTHIC}"; src: url("{FONTS[GOTHIC].as_uri()}"); }}
@page {{ size: 210mm 297mm; margin: 0; }}
html, body {{ margin: 0; }}
body {{ position: relative; width: 210mm; height: 296.9mm; overflow: hidden; font: 9pt/1 "{MINCHO}"; }}
body, td, th {{ white-space: pre; }}
.at, table, img, .ground {{ position: absolute; }}
.at {{ margin: 0; font-weight: normal; }}
.gothic, th {{ font-family: "{GOTHIC}"; }}
.center {{ text-align: center; }}
.right {{ text-align: right; }}
table {{ border-collapse: collapse; table-layout: fixed; outline: {OUTER}pt solid black; outline-offset: -{OUTER / 2}pt; }}
td, th {{ padding: 0; border: {INNER}pt solid black; vertical-align: middle; text-align: left; font-weight: normal; line-height: 0; }}
td {{ padding-left: 1mm; }}
th, td.center {{ padding: 0; text-align: center; }}
th.number {{ border-right-width: {GROUP}pt; }}
img {{ image-rendering: pixelated; }}
.ground {{ image-rendering: pixelated; background-repeat: repeat; }}
.blank {{ background: white; }}
"""


def place(box):
    return f"left:{box['x']}mm;top:{box['y']}mm;width:{box['width']}mm;height:{box['height']}mm"


def spaced(text):
    """Letter-space, with the last one taken back."""
    if not text["tracking"]:
        return escape(text["text"])
    space = text["tracking"]
    return f'<span style="letter-spacing:{space}pt;margin-right:-{space}pt">{escape(text["text"])}</span>'


def line(text, tag="div"):
    style = "gothic" if text["font"] == GOTHIC else ""
    return (f'<{tag} class="at {style} {text["align"]}" style="{place(text)};line-height:{text["height"]}mm;'
            f'font-size:{text["size"]}pt">{spaced(text)}</{tag}>')


def cell(c):
    tag, scope = ("td", "") if c["kind"] == "value" else ("th", ' scope="row"')
    kind = "number" if c["kind"] == "number" else c["align"]
    return (f'<{tag}{scope} class="{kind}" colspan="{c["columns"]}" rowspan="{c["rows"]}" '
            f'style="font-size:{c["size"]}pt">{spaced(c)}</{tag}>')


def table(t):
    columns = "".join(f'<col style="width:{width}mm">' for width in t["columns"])
    rows = "".join(
        f'<tr style="height:{height}mm">' + "".join(cell(c) for c in t["cells"] if c["row"] == index) + "</tr>"
        for index, height in enumerate(t["rows"]))
    return f'<table style="{place(t)}" aria-label="{t["summary"]}"><colgroup>{columns}</colgroup>{rows}</table>'


def ground(g):
    size = f"background-image:url(file://{g['file']});background-size:{g['cell']}mm {g['cell']}mm"
    blanks = "".join(
        f'<div class="at blank" style="{place(dict(zip(("x", "y", "width", "height"), blank)))}"></div>' for blank in g["blanks"])
    return f'<div class="ground" style="{place(g)};{size}"></div>{blanks}'


def body(document):
    pictures = "".join(
        f'<img style="{place(p)}" alt="{p["alt"]}" src="file://{p["file"]}">' for p in document["pictures"])
    return "".join([
        ground(document["ground"]) if document["ground"] else "", line(document["title"], "h1"),
        *map(table, document["tables"]), pictures, *map(line, document["lines"])])


def whole(content):
    """A whole HTML file around a body; the style sheet is given by the tool."""
    return ('<!DOCTYPE html><html lang="ja"><head><meta charset="utf-8"><title>住民票の写し</title></head>'
            f"<body>{content}</body></html>")
