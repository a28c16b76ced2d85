"""The page that every tool prints: a 住民票の写し (世帯連記式) of four people, said once for all of them.

Lengths are millimetres from the sheet's top left corner, sizes of type are points. Each document has
other names, another number and another QR code; the rest is that of samples/juminhyo-utsushi.json.
"""
import json
import pathlib

import segno
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SAMPLE = ROOT / "samples/juminhyo-utsushi.json"
SEAL = ROOT / "seals/kita-ku-cho.png"
MINCHO, GOTHIC = "IPAmjMincho", "BIZ UDGothic"
FONTS = {MINCHO: ROOT / "fonts/ipamjm.ttf", GOTHIC: ROOT / "fonts/BIZUDGothic-Regular.ttf"}

# Widths of rules in points: outer edge, right of the number, inside.
OUTER, GROUP, INNER = 1.2, 0.6, 0.36
ROW = 4.1
BLOCK = 12 * ROW
OMITTED, EMPTY, NONE = "【省略】", "【空欄】", "＊＊＊"
ERAS = {"S": "昭和", "H": "平成", "R": "令和"}
SEXES = {"otoko": "男", "onna": "女"}

# Made-up families, each name with its 振り仮名. 𠮷 lies beyond the first plane, 葛 has a variation selector.
SHI = [("若林", "ワカバヤシ"), ("桜井", "サクライ"), ("小野寺", "オノデラ"), ("藤村", "フジムラ"),
       ("渡邊", "ワタナベ"), ("髙橋", "タカハシ"), ("齋藤", "サイトウ"), ("長谷川", "ハセガワ"),
       ("石塚", "イシヅカ"), ("森下", "モリシタ"), ("𠮷田", "ヨシダ")]
MEI = [[("健一", "ケンイチ"), ("修", "オサム"), ("浩二", "コウジ"), ("哲也", "テツヤ"), ("茂", "シゲル"),
        ("誠", "マコト"), ("隆史", "タカシ")],
       [("由美子", "ユミコ"), ("恵", "メグミ"), ("幸代", "サチヨ"), ("薫", "カオル"), ("千鶴", "チヅル"),
        ("直美", "ナオミ")],
       [("大輔", "ダイスケ"), ("翔", "ショウ"), ("拓海", "タクミ"), ("陽斗", "ハルト"), ("蓮", "レン")],
       [("葛\U000e0102葉", "クズハ"), ("美咲", "ミサキ"), ("陽菜", "ヒナ"), ("凜", "リン")]]


def family(number):
    """氏 and four 名 of document `number`, each with its 振り仮名; no two of the first 4,620 are the same."""
    return SHI[number % len(SHI)], [names[number % len(names)] for names in MEI]


def sample_of(number):
    """The sample with the names of document `number`, as `shomei render` reads it."""
    sample = json.loads(SAMPLE.read_text(encoding="utf-8"))
    household = sample["setai_renki"]
    (shi, shi_kana), given = family(number)
    household["setainushi"] = f"{shi}　{given[0][0]}"
    for member, (mei, mei_kana) in zip(household["setaiin"], given, strict=True):
        citizen = member["kokumin"]["nihonjin"]
        citizen["shimei"]["shi_mei"] = {"shi": shi, "mei": mei}
        citizen["furigana"] = {"shi": shi_kana, "mei": mei_kana}
    return sample


def wareki(text):
    """`S57-03-03` as 昭和57年 3月 3日, days and months padded by two half spaces where they have one digit."""
    era, (year, month, day) = ERAS[text[0]], map(int, text[1:].split("-"))
    pad = lambda n: str(n) if n > 9 else f"\u00a0\u00a0{n}"
    return f"{era}{'元' if year == 1 else pad(year)}年{pad(month)}月{pad(day)}日"


def tracking(text, width, size):
    """均等割付: letter-space in points that spreads a label over its cell, never by inserted spaces."""
    wanted = {2: 1.5, 3: 0.75, 4: 0.3}.get(len(text), 0)
    if not wanted or text.startswith("＊"):
        return 0
    room = (width - 3) / 25.4 * 72 - len(text) * size
    return max(0, min(wanted * size, room / (len(text) - 1)))


def label(width, text, size=7, rows=1):
    return {"kind": "label", "width": width, "rows": rows, "text": text, "size": size, "font": GOTHIC,
            "align": "center", "tracking": tracking(text, width, size)}


def value(width, text, size=9, rows=1, align="left"):
    return {"kind": "value", "width": width, "rows": rows, "text": text, "size": size, "font": MINCHO,
            "align": align, "tracking": 0}


def number_cell(text):
    return label(4.5, text, 10, 12) | {"kind": "number"}


def block(number, member):
    """One person: twelve rows."""
    citizen = member["kokumin"]["nihonjin"]
    name, kana = citizen["shimei"]["shi_mei"], citizen["furigana"]
    note = (member["biko"] + ["", ""])[:2]
    return [
        [number_cell(str(number)), label(22.5, "氏名の振り仮名"), value(81, f"{kana['shi']}　{kana['mei']}", 8),
         label(27, "個人番号"), value(45, OMITTED)],
        [label(22.5, "氏名", 8, 2), value(81, f"{name['shi']}　{name['mei']}", 14, 2), label(27, "住民票コード"), value(45, OMITTED)],
        [label(27, "住民となった年月日"), value(45, wareki(citizen["jumin_to_natta_hi"]))],
        [label(22.5, "旧氏の振り仮名"), value(81, NONE, 8), label(27, "住所を定めた年月日"), value(45, EMPTY)],
        [label(22.5, "旧氏"), value(81, NONE), label(27, "届出日"), value(45, wareki(member["todokede_hi"]))],
        [label(22.5, "生年月日"), value(36, wareki(citizen["seinengappi"])), label(9, "性別"),
         value(9, SEXES[member["seibetsu"]], align="center"), label(9, "続柄"), value(18, member["zokugara"]),
         label(27, "筆頭者"), value(45, OMITTED)],
        [label(22.5, "本籍"), value(153, OMITTED)],
        [label(22.5, "転入前住所"), value(153, member["tennyumae_jusho"]["jusho"])],
        *[[label(22.5, NONE), value(81, NONE), label(27, NONE), value(45, NONE)] for _ in range(2)],
        [value(175.5, note[0])],
        [value(175.5, note[1])],
    ]


def table(x, y, summary, heights, rows):
    """Puts ragged rows on common tracks: each cell gets its column, row and spans, x, y, width and height."""
    taken, placed = {}, []
    for index, row in enumerate(rows):
        cursor = 0
        for cell in row:
            while (index, cursor) in taken:
                cursor = taken[index, cursor]
            end = cursor + round(cell["width"] * 1000)
            taken |= {(index + down, cursor): end for down in range(cell["rows"])}
            placed.append((index, cursor, end, cell))
            cursor = end
    edges = sorted({edge for _, start, end, _ in placed for edge in (start, end)})
    cells = [cell | {
        "column": edges.index(start), "row": index, "columns": edges.index(end) - edges.index(start),
        "x": x + start / 1000, "y": y + sum(heights[:index]), "height": sum(heights[index:index + cell["rows"]]),
    } for index, start, end, cell in placed]
    tracks = [(right - left) / 1000 for left, right in zip(edges, edges[1:])]
    return {"x": x, "y": y, "width": sum(tracks), "height": sum(heights), "summary": summary,
            "columns": tracks, "rows": heights, "cells": cells}


def line(x, y, width, height, text, size, font=GOTHIC, align="left", space=0):
    return {"x": x, "y": y, "width": width, "height": height, "text": text, "size": size, "font": font,
            "align": align, "tracking": space}


def page(number, qr, ground):
    """Document `number`: title, tables, lines of text, pictures, and the ground with what stays white in it.

    `qr` is the file of its QR code, `ground` that of the ground's cell or nothing.
    """
    sample = sample_of(number)["setai_renki"]
    address = f"{sample['jusho']['jusho']}　{sample['jusho']['katagaki']}"
    tables = [table(16, 22, "住所及び世帯主", [7, 7], [
        [label(27, "住所", 8), value(153, address, 10.5)], [label(27, "世帯主", 8), value(153, sample["setainushi"], 10.5)]])]
    for index, member in enumerate(sample["setaiin"]):
        tables.append(table(16, 38 + index * BLOCK, f"世帯員{index + 1}", [ROW] * 12, block(index + 1, member)))
    return {
        "title": line(16, 11, 180, 9, "住民票", 18, MINCHO, "center", 18),
        "tables": tables,
        "lines": [
            line(20.2, 237.6, 175.8, 8, "この写しは、世帯全員の住民票の原本と相違ないことを証明する。", 12, MINCHO),
            line(52, 249, 80, 5.5, "令和８年１月１５日", 11, MINCHO),
            line(54.3, 260, 120, 6, "見本県見本市北区長　見本　正明", 13, MINCHO, "right"),
            line(172, 275.2, 24, 2.6, "この印は黒色です", 6, align="center"),
            line(16, 275.2, 28, 2.8, "真贋確認", 6.5, align="center"),
            line(46, 281, 150, 4, f"20260115　見本市北区　本庁01　P003　{number + 1:06}　１／１", 8, align="right"),
            line(16, 281, 30, 4, "juminhyo-utsushi/1", 6),
        ],
        "pictures": [
            {"x": 172, "y": 251, "width": 24, "height": 24, "file": str(SEAL), "alt": "見本市北区長之印"},
            {"x": 17.7, "y": 248.7, "width": 24.6, "height": 24.6, "file": str(qr), "alt": "真贋確認のための二次元コード"},
        ],
        "ground": {"file": str(ground), "x": 5, "y": 5, "width": 200, "height": 287, "cell": 5.08,
                   "blanks": [[16, 247, 28, 28], [171, 250, 26, 26]]} if ground else None,
    }


def texts(document):
    """Every text of a document, for the check that a tool printed all of it."""
    cells = [cell["text"] for t in document["tables"] for cell in t["cells"]]
    return [text for text in [document["title"]["text"], *cells, *(l["text"] for l in document["lines"])] if text]


def draw_cell(path):
    """The ground's cell, 120 by 120 pixels of 1 bit at 600 dpi: dots of 2 by 1 on a lattice, cut by white waves."""
    side = 120
    cell = Image.new("1", (side, side), 1)
    for i in range(-side, side):
        for j in range(-side, side):
            x, y = 4 * i - 2 * j, 2 * i + 4 * j
            if 0 <= x < side and 0 <= y < side:
                for dot in (x, (x + 1) % side):
                    if (y + abs(dot % 60 - 30) // 2) % 40 >= 10:
                        cell.putpixel((dot, y), 0)
    cell.save(path, dpi=(600, 600))


def draw_qr(number, path):
    """The QR code of document `number`, one pixel a module, 57 modules and no margin."""
    segno.make(f"https://verify.mihon.example/{number:06}/" + "0123456789" * 8, version=10, error="m", micro=False,
               boost_error=False).save(str(path), border=0, scale=1)
