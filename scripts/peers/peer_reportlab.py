"""ReportLab, kept warm: fonts read once, then each document drawn directly, without any layout.

Usage: peer_reportlab.py FOLDER OUTPUT COUNT SECONDS WARM
"""
import json
import pathlib
import sys

from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont, shapeStr
from reportlab.pdfgen.canvas import Canvas

from page import FONTS, GROUP, INNER, OUTER
from timing import measure

HEIGHT = 297


def text_in(canvas, t, inset=0):
    """One line of text, its middle in the middle of its box."""
    text, size, space = t["text"], t["size"], t["tracking"]
    if not text:
        return
    baseline = (HEIGHT - t["y"] - t["height"] / 2) * mm - 0.38 * size
    # Only the shaper finds the glyph of a variation sequence; its text layer then holds a private code point.
    if any(0xE0100 <= ord(c) <= 0xE01EF for c in text):
        text = shapeStr(text, t["font"], size)
    width = pdfmetrics.stringWidth(text, t["font"], size) + space * (len(text) - 1)
    left = {"left": t["x"] * mm + inset * mm, "right": (t["x"] + t["width"]) * mm - width,
            "center": (t["x"] + t["width"] / 2) * mm - width / 2}[t["align"]]
    canvas.setFont(t["font"], size)
    canvas.drawString(left, baseline, text, charSpace=space)


def table(canvas, t):
    """Each rule once: the lower and right edges of every cell, then the outer edge."""
    for c in t["cells"]:
        x, y = c["x"] * mm, (HEIGHT - c["y"] - c["height"]) * mm
        right = x + c["width"] * mm
        canvas.setLineWidth(INNER)
        canvas.line(x, y, right, y)
        canvas.setLineWidth(GROUP if c["kind"] == "number" else INNER)
        canvas.line(right, y, right, y + c["height"] * mm)
        text_in(canvas, c, inset=1 if c["kind"] == "value" else 0)
    canvas.setLineWidth(OUTER)
    canvas.rect(t["x"] * mm, (HEIGHT - t["y"] - t["height"]) * mm, t["width"] * mm, t["height"] * mm)


def ground(canvas, g):
    """ReportLab has no tiling pattern: the cell drawn along a row kept as a form, the form drawn down the sheet."""
    cell = g["cell"] * mm
    canvas.saveState()
    canvas.beginForm("row")
    for column in range(int(g["width"] / g["cell"]) + 1):
        canvas.drawImage(g["file"], column * cell, 0, cell, cell)
    canvas.endForm()
    clip = canvas.beginPath()
    clip.rect(g["x"] * mm, (HEIGHT - g["y"] - g["height"]) * mm, g["width"] * mm, g["height"] * mm)
    canvas.clipPath(clip, stroke=0)
    canvas.translate(g["x"] * mm, (HEIGHT - g["y"]) * mm)
    for _ in range(int(g["height"] / g["cell"]) + 1):
        canvas.translate(0, -cell)
        canvas.doForm("row")
    canvas.restoreState()
    canvas.setFillGray(1)
    for x, y, width, height in g["blanks"]:
        canvas.rect(x * mm, (HEIGHT - y - height) * mm, width * mm, height * mm, stroke=0, fill=1)
    canvas.setFillGray(0)


def draw(document, path):
    canvas = Canvas(str(path), pagesize=(210 * mm, HEIGHT * mm), lang="ja")
    canvas.setTitle("住民票の写し")
    if document["ground"]:
        ground(canvas, document["ground"])
    text_in(canvas, document["title"])
    for t in document["tables"]:
        table(canvas, t)
    for p in document["pictures"]:
        canvas.drawImage(p["file"], p["x"] * mm, (HEIGHT - p["y"] - p["height"]) * mm, p["width"] * mm, p["height"] * mm)
    for line in document["lines"]:
        text_in(canvas, line)
    canvas.save()


def main():
    folder, output = map(pathlib.Path, sys.argv[1:3])
    count, seconds, warm = map(int, sys.argv[3:])
    for name, file in FONTS.items():
        pdfmetrics.registerFont(TTFont(name, str(file), shapable=True))
    measure(count, seconds, warm, lambda number: draw(
        json.loads((folder / f"{number:03}.json").read_text(encoding="utf-8")), output / f"{number:03}.pdf"))


main()
