"""WeasyPrint, kept warm: fonts and style sheet read once, then one HTML file after the other as PDF/A-2a.

Usage: peer_weasyprint.py FOLDER OUTPUT COUNT SECONDS WARM
"""
import pathlib
import sys

from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration

from timing import measure


def main():
    folder, output = map(pathlib.Path, sys.argv[1:3])
    count, seconds, warm = map(int, sys.argv[3:])
    fonts = FontConfiguration()
    sheet = CSS(folder.parent / "page.css", font_config=fonts)

    def make(number):
        html = HTML(folder / f"{number:03}.html")
        html.write_pdf(output / f"{number:03}.pdf", stylesheets=[sheet], font_config=fonts, pdf_variant="pdf/a-2a")

    measure(count, seconds, warm, make)


main()
