"""Prints the same page by shomei and by its peers, measures each, checks what came out, writes one table.

Called by scripts/bench-peers, which installs the tools. Everything it makes goes under target/peers.
"""
import argparse
import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import time
import unicodedata

import pikepdf
from PIL import Image, ImageStat

import markup
import page

HERE = pathlib.Path(__file__).resolve().parent
PEERS = page.ROOT / "target/peers"
WORK, OUT, PICTURES = PEERS / "work", PEERS / "out", PEERS / "pictures"
WARM = 3
GROUNDS = ("ground", "plain")
# A patch of the sheet, in millimetres, in which there is nothing but the ground.
PATCH = (6, 100, 9, 60)
# How well a text layer holds what the page says, best first.
LAYERS = ("exact", "altered", "incomplete")

LEGEND = """
Medians of one document after the other; shomei's is the mean that it tells of itself. Ratios are to shomei.
text: what pdftotext finds. exact: every text of the page; altered: other code points; incomplete: some missing.
tags and PDF/: what each file claims; scripts/verapdf verifies it."""


def prepare(count):
    """Writes every document in each form that a tool reads, so that no tool is charged for it."""
    for folder in (WORK, OUT, PICTURES):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    cell = WORK / "cell.png"
    page.draw_cell(cell)
    (WORK / "fonts").mkdir()
    for file in page.FONTS.values():
        (WORK / "fonts" / file.name).symlink_to(file)
    (WORK / "page.css").write_text(markup.CSS, encoding="utf-8")
    frame = markup.whole("").replace("</head>", '<link rel="stylesheet" href="page.css"></head>')
    (WORK / "frame.html").write_text(frame, encoding="utf-8")
    for ground in GROUNDS:
        (WORK / ground).mkdir()
    for number in range(count + WARM):
        qr = WORK / f"{number:03}.png"
        page.draw_qr(number, qr)
        for ground in GROUNDS:
            document = page.page(number, qr, cell if ground == "ground" else None)
            path = WORK / ground / f"{number:03}"
            path.with_suffix(".json").write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
            body = markup.body(document)
            path.with_suffix(".body.html").write_text(body, encoding="utf-8")
            path.with_suffix(".html").write_text(markup.whole(body), encoding="utf-8")


def last_json(command, seconds):
    """Runs a command and reads the JSON of its last line."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60)
    if done.returncode:
        raise RuntimeError((done.stderr.strip() or done.stdout.strip() or f"status {done.returncode}").splitlines()[-1])
    return json.loads(done.stdout.strip().splitlines()[-1])


class Tool:
    """A tool that runs warm in a process of its own and tells its times."""

    def __init__(self, name, *command):
        self.name, self.command = name, [str(part) for part in command]

    def times(self, ground, output, count, seconds):
        ends = map(str, (WORK / ground, output, count, seconds, WARM))
        return last_json([*self.command, *ends], seconds)["milliseconds"]


class Fresh(Tool):
    """A tool that starts anew for each document; `{}` parts of its command are filled in."""

    def times(self, ground, output, count, seconds):
        times, end = [], time.perf_counter() + seconds
        for number in range(count + WARM):
            parts = {"document": WORK / ground / f"{number:03}.json", "output": output / f"{number:03}.pdf"}
            command = [part.format(**parts) for part in self.command]
            start = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True, timeout=60)
            if number >= WARM:
                times.append((time.perf_counter() - start) * 1000)
            if times and time.perf_counter() > end:
                break
        return times


class Shomei(Tool):
    """shomei tells its own mean, and `bytes` if it likes; the file looked at is its 見本 of the same household,
    which has no ground, seal or QR code."""

    def times(self, ground, output, count, seconds):
        flag = ["--ground"] if ground == "ground" else []
        told = last_json([*self.command, "bench-page", "--count", str(count), *flag], seconds)
        if told["ground"] != bool(flag):
            raise RuntimeError("bench-page printed the other background")
        self.bytes = told.get("bytes")
        self.render(output / "000.pdf")
        return [told["milliseconds_each"]] * told["documents"]

    def render(self, path):
        sample = WORK / "sample.json"
        sample.write_text(json.dumps(page.sample_of(0), ensure_ascii=False), encoding="utf-8")
        done = subprocess.run([*self.command, "render", "juminhyo-utsushi", sample, "-o", path],
                              capture_output=True, text=True, timeout=60)
        if done.returncode:
            print(f"shomei render: {done.stderr.strip()}", file=sys.stderr)


def stripped(text):
    return "".join(text.split())


def plain(text):
    """Without variation selectors, and with look-alike code points as one."""
    return "".join(c for c in unicodedata.normalize("NFKC", text) if not 0xE0100 <= ord(c) <= 0xE01EF)


def text_layer(pdf, wanted):
    """How the text layer holds the wanted texts (one of LAYERS), and which it does not hold as they are."""
    found = stripped(subprocess.run(["pdftotext", "-raw", pdf, "-"], check=True, capture_output=True, text=True).stdout)
    wanted = {stripped(text) for text in wanted}
    if all(text in found for text in wanted):
        return "exact", []
    missing = sorted(text for text in wanted if plain(text) not in plain(found))
    if missing:
        return "incomplete", missing
    changed = sorted(text for text in wanted if text not in found)
    return "altered", changed


def wanted_texts(tool, number):
    """What a file must hold; of shomei's 見本 what its table holds, as it has another number and no seal."""
    document = json.loads((WORK / f"plain/{number:03}.json").read_text(encoding="utf-8"))
    if isinstance(tool, Shomei):
        document["lines"] = document["lines"][:3]
    return page.texts(document)


def claims(pdf):
    """What a file says of itself: tagged or not, and to which standards it conforms."""
    with pikepdf.open(pdf) as file:
        tagged = "/StructTreeRoot" in file.Root and bool(file.Root.get("/MarkInfo", {}).get("/Marked", False))
        with file.open_metadata() as meta:
            part, level = meta.get("pdfaid:part"), meta.get("pdfaid:conformance", "")
            ua = meta.get("pdfuaid:part")
    standards = [f"A-{part}{level.lower()}"] if part else []
    standards += [f"UA-{ua}"] if ua else []
    return "tagged" if tagged else "no tags", " + ".join(standards) or "none"


def ink(picture, dpi, patch=PATCH):
    """Share of black in a patch of a page's picture."""
    x, y, width, height = (round(length / 25.4 * dpi) for length in patch)
    return 1 - ImageStat.Stat(picture.convert("L").crop((x, y, x + width, y + height))).mean[0] / 255


def look(pdf, name):
    """Draws a page for the eye and tells how much ground is on it."""
    target = PICTURES / name
    subprocess.run(["pdftoppm", "-r", "200", "-png", "-singlefile", pdf, target], check=True, capture_output=True, timeout=60)
    with Image.open(target.with_suffix(".png")) as picture:
        return ink(picture, 200)


def pages(pdf):
    with pikepdf.open(pdf) as file:
        return len(file.pages)


def judge(tool, ground, output):
    """Every file of a tool: what is wrong with them, their size, their claims."""
    files = sorted(output.glob("*.pdf"))
    if not files:
        return {"kilobytes": 0, "text": "-", "claims": ("-", "-"), "faults": [f"{tool.name}, {ground}: no file to look at"]}
    faults, layer, unlike = [], "exact", set()
    for pdf in files:
        verdict, texts = text_layer(pdf, wanted_texts(tool, int(pdf.stem)))
        layer = max(layer, verdict, key=LAYERS.index)
        unlike.update(texts)
        if pages(pdf) != 1:
            faults.append(f"{tool.name}, {ground}: {pdf.name} has {pages(pdf)} pages instead of one")
    if unlike:
        faults.append(f"{tool.name}, {ground}: text layer {layer}: {' '.join(sorted(unlike)[:6])} ({len(unlike)} in all)")
    share = look(files[0], f"{tool.name}-{ground}".lower().replace(" ", "-"))
    with Image.open(WORK / "cell.png") as cell:
        dots = 1 - ImageStat.Stat(cell.convert("L")).mean[0] / 255
    wanted = 0 if ground == "plain" or isinstance(tool, Shomei) else dots
    if abs(share - wanted) > 0.1:
        faults.append(f"{tool.name}, {ground}: {share:.0%} of black in the ground instead of {wanted:.0%}")
    size = getattr(tool, "bytes", None) or statistics.median(file.stat().st_size for file in files)
    return {"kilobytes": size / 1000, "text": layer, "claims": claims(files[0]), "faults": faults}


def run(tool, arguments):
    """Both backgrounds by one tool, or why it could not."""
    result = {"name": tool.name, "faults": []}
    for ground in GROUNDS:
        output = OUT / f"{tool.name.lower().replace(' ', '-')}-{ground}"
        output.mkdir()
        print(f"  {tool.name}, {ground} ...", file=sys.stderr, flush=True)
        try:
            times = tool.times(ground, output, arguments.documents, arguments.seconds)
            judged = judge(tool, ground, output)
        except (RuntimeError, OSError, subprocess.SubprocessError, ValueError, KeyError, IndexError) as error:
            reason = (getattr(error, "stderr", None) or b"").decode(errors="replace").strip() or error
            result["faults"].append(f"{tool.name}, {ground}: not measured: {reason}")
            continue
        result[ground] = {"milliseconds": statistics.median(times), "documents": len(times)} | judged
        result["faults"] += judged["faults"]
    return result


def cell(result, ground, form):
    return form(result[ground]) if ground in result else "-"


def rows(results):
    """The table's rows, shomei's first."""
    own = next((r for r in results if r["name"] == "shomei"), {})
    yield ["", "ms ground", "ms plain", "ratio ground", "ratio plain", "KB ground", "KB plain", "documents",
           "text", "tags", "PDF/"]
    for r in results:
        def ratio(ground):
            return f"{r[ground]['milliseconds'] / own[ground]['milliseconds']:.1f}" if ground in own and ground in r else "-"
        any_of = r.get("ground") or r.get("plain")
        yield [
            r["name"], *(cell(r, g, lambda d: f"{d['milliseconds']:.1f}") for g in GROUNDS), *map(ratio, GROUNDS),
            *(cell(r, g, lambda d: f"{d['kilobytes']:.0f}" if d["kilobytes"] else "-") for g in GROUNDS),
            "/".join(cell(r, g, lambda d: str(d["documents"])) for g in GROUNDS),
            *((any_of["text"], *any_of["claims"]) if any_of else ("-",) * 3),
        ]


def show(results):
    lines = list(rows(results))
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    for line in lines:
        print("  ".join(text.ljust(width) if column in (0, 8, 9, 10) else text.rjust(width)
                        for column, (text, width) in enumerate(zip(line, widths))).rstrip())
    print(LEGEND)


def start_of_python():
    """Median milliseconds of a process that only imports Typst's wheel."""
    times = []
    for _ in range(9):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-I", "-c", "import typst"], check=True)
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def tools(arguments):
    """Every tool that is there."""
    python = sys.executable
    if arguments.shomei:
        yield Shomei("shomei", arguments.shomei)
    if arguments.typst:
        yield Fresh("Typst", arguments.typst, "compile", "--root", "/", "--font-path", WORK / "fonts",
                    "--ignore-system-fonts", "--ignore-embedded-fonts", "--features", "a11y-extras",
                    "--input", "document={document}", "--pdf-standard", "a-2a,ua-1", HERE / "page.typ", "{output}")
    else:
        yield Fresh("Typst wheel", python, "-I", HERE / "peer_typst.py", HERE / "page.typ", "{document}",
                    WORK / "fonts", "{output}")
    if arguments.chromium and arguments.playwright:
        yield Tool("Chromium", "node", HERE / "peer_chromium.mjs", arguments.playwright, arguments.chromium)
    yield Tool("WeasyPrint", python, HERE / "peer_weasyprint.py")
    yield Tool("ReportLab", python, HERE / "peer_reportlab.py")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--documents", type=int, default=40)
    parser.add_argument("--seconds", type=int, default=15, help="after which one tool and background is over")
    parser.add_argument("--only", default="", help="part of a tool's name")
    for tool in ("shomei", "typst", "chromium", "playwright"):
        parser.add_argument(f"--{tool}", default="")
    arguments = parser.parse_args()
    prepare(arguments.documents)
    results = [run(tool, arguments) for tool in tools(arguments) if arguments.only.lower() in tool.name.lower()]
    (PEERS / "results.json").write_text(json.dumps(results, ensure_ascii=False, indent=1), encoding="utf-8")
    show(results)
    if any(r["name"] == "Typst wheel" and "ground" in r for r in results):
        print(f"Typst wheel: {start_of_python():.0f} ms of each document are the start of Python and of its module.")
    faults = [fault for r in results for fault in r["faults"]]
    if faults:
        print("\nSeen:\n" + "\n".join(faults))
    print(f"\nPictures of the pages: {PICTURES}\nFiles: {OUT}")


main()
