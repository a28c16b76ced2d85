"""One document by Typst's Python wheel: the stand-in for its command line, a process of its own each.

Usage: peer_typst.py TEMPLATE DOCUMENT FONTS OUTPUT
"""
import sys

import typst

template, document, fonts, output = sys.argv[1:]
typst.compile(template, output=output, root="/", font_paths=[fonts], ignore_system_fonts=True,
              sys_inputs={"document": document}, pdf_standards=["a-2a", "ua-1"])
