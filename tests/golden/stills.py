#!/usr/bin/env python3
"""What still pictures are, as other programs see them: stills.py FLAMBEAU

PDFs are read with poppler's tools, an SVGZ with gzip, sizes of PNGs from their header."""
import gzip
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import unicodedata

HERE = pathlib.Path(__file__).resolve().parent
# A hostile title, a name in another script, one that is cut; 3 + 1 of 4 in all.
FOLDED = "a:f/0;магазин:итого/2 3\nb:a_name_that_is_much_too_long_for_a_quarter_of_the_picture/12 1\n"
TITLE = "<b>&amp; \x1b[2J (evil) \\) Tj"


def run(*command, code=0, **options):
    done = subprocess.run(command, capture_output=True, timeout=300, **options)
    assert done.returncode == code, f"{command}: exit {done.returncode}, {done.stderr.decode()}"
    return done


def png_size(path):
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n" and data[12:16] == b"IHDR"
    return struct.unpack(">II", data[16:24])


def info_of(pdf):
    lines = run("pdfinfo", str(pdf)).stdout.decode().splitlines()
    return dict((key.strip(), value.strip()) for key, value in (line.split(":", 1) for line in lines))


def check_sizes(flambeau, folder):
    """The SVG says how large the picture is: a PNG has as many pixels times the scale, a PDF 3 points for 4 of them."""
    def render(name, *options):
        path = folder / name
        run(flambeau, "render", str(folder / "in.folded"), "--width", "640", *options, "-o", str(path))
        return path

    svg = render("a.svg").read_text()
    height = int(svg.split(' height="', 1)[1].split('"', 1)[0])
    assert png_size(render("a.png")) == (1280, 2 * height)
    assert png_size(render("b.png", "--scale", "1")) == (640, height)
    assert png_size(render("c.png", "--scale", "2.5")) == (1600, -(-5 * height // 2))
    width_pt, height_pt = (float(word) for word in info_of(render("a.pdf", "--scale", "3"))["Page size"].split()[:3:2])
    assert (width_pt, height_pt) == (480, height * 0.75)
    assert gzip.decompress(render("a.svgz").read_bytes()).decode() == svg
    too_large = run(flambeau, "render", str(folder / "in.folded"), "--width", "16000", "--scale", "10", "-o",
                    str(folder / "d.png"), code=6)
    assert b"--scale 1" in too_large.stderr and not (folder / "d.png").exists()


def check_pdf(flambeau, folder):
    path = folder / "p.pdf"
    run(flambeau, "render", str(folder / "in.folded"), "--title", TITLE, "-o", str(path))
    info = info_of(path)
    assert info["Pages"] == "1" and info["Title"] == "<b>&amp; \ufffd[2J (evil) \\) Tj", info
    assert "CreationDate" not in info and "ModDate" not in info, info
    text = run("pdftotext", "-layout", str(path), "-").stdout.decode()
    for part in ("<b>&amp;", "(evil) \\) Tj", "all", "a:f/0", "магазин:итого/2", "b:a_name_that_is"):
        assert part in text, f"{part!r} is not in {text!r}"
    assert "\u2026" in text and "\x1b" not in text
    fonts = run("pdffonts", str(path)).stdout.decode().splitlines()[2:]
    assert fonts and all(line.split()[-5] == "yes" for line in fonts), fonts  # emb, sub, uni, and two of the object


def words_of(pdf):
    """(text, left, right, top) of every word, in points."""
    page = run("pdftotext", "-bbox", str(pdf), "-").stdout.decode()
    found = re.findall(r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="[\d.]+">(.*?)</word>', page)
    return [(text, float(left), float(right), float(top)) for left, top, right, text in found]


def check_places(flambeau, folder):
    """Whatever the font, no text leaves its place. 1200 pixels are 900 points with a margin of 9 at each side."""
    path, wide = folder / "wide.pdf", "W" * 200
    (folder / "wide.folded").write_text("".join(f"{letter}{wide} 1\n" for letter in "ABCDEFGH"))
    run(flambeau, "render", str(folder / "wide.folded"), "--title", wide, "-o", str(path))
    words = words_of(path)
    heading = next(left for text, left, _, _ in words if text == "Most")
    assert words[0][0].startswith("WWW") and words[0][2] < heading, words[0]
    assert all(9 <= left and right <= 891 for _, left, right, _ in words), words
    top = max(top for text, _, _, top in words if text.startswith("AWW"))
    labels = [word for word in words if abs(word[3] - top) < 1]
    assert [text[0] for text, _, _, _ in labels] == list("ABCDEFGH"), labels
    for at, (text, left, right, _) in enumerate(labels):
        box = (9 + at * 882 / 8, 9 + (at + 1) * 882 / 8)
        assert box[0] < left and right < box[1] and text.endswith("W\u2026"), (text, left, right, box)


def check_scripts(flambeau, folder):
    """Arabic is read from right to left and stands in nobody's way: in a PDF drawn letter by letter it comes out reversed."""
    path = folder / "scripts.pdf"
    (folder / "scripts.folded").write_text("a:f/0;عربي:دالة/1 2\nb:g/0 1\ne\u0301te\u0301:z/0 3\n")
    run(flambeau, "render", str(folder / "scripts.folded"), "-o", str(path))
    text = run("pdftotext", "-layout", str(path), "-").stdout.decode()
    assert "عربي" in text and "دالة" in text, text
    assert unicodedata.normalize("NFC", text).count("été:z/0") == 2, text
    lefts = [next(left for text, left, _, _ in words_of(path)[::-1] if text.startswith(start)) for start in ("a:", "b:")]
    assert lefts[0] < lefts[1]


def check_capture_dates(flambeau, folder):
    """A capture's PDF has the capture's date, whatever the time is here and now."""
    capture, pdfs = HERE / "calls" / "input.flb", []
    for zone in ("UTC", "Asia/Kolkata"):
        path = folder / "date.pdf"
        run(flambeau, "render", str(capture), "-o", str(path), env=dict(os.environ, TZ=zone))
        pdfs.append(path.read_bytes())
    assert pdfs[0] == pdfs[1]
    date = run("pdfinfo", "-isodates", str(path)).stdout.decode().split("CreationDate:", 1)[1].split()[0]
    assert date.startswith("2026-01-31T12:00:00"), date


def check_open(flambeau, folder):
    """The browser gets the first file it can show; nobody's failure to start one fails the run."""
    browser = folder / "browser"
    browser.write_text('#!/bin/sh\nprintf %s "$1" > "$0.new" && mv "$0.new" "$0.url"\n')
    browser.chmod(0o700)
    environment = dict(os.environ, BROWSER=str(browser))
    target = folder / "my %41 graph.svg"
    run(flambeau, "render", "in.folded", "-o", "x.folded", "-o", target.name, "-o", "y.png", "--open", cwd=folder,
        env=environment)
    shown = folder / "browser.url"
    for _ in range(600):
        if shown.exists():
            break
        subprocess.run(["sleep", "0.1"])
    assert shown.read_text() == f"file://{folder.resolve()}/my%20%2541%20graph.svg", shown.read_text()
    done = run(flambeau, "render", "in.folded", "-o", "z.svg", "--open", cwd=folder,
               env=dict(environment, BROWSER="/nowhere/browser"))
    assert b"could not show z.svg" in done.stderr and (folder / "z.svg").exists()
    run(flambeau, "render", "in.folded", "-o", "-", "--open", cwd=folder, env=environment, code=2)


def main():
    flambeau = str(pathlib.Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "in.folded").write_text(FOLDED)
        for check in (check_sizes, check_pdf, check_places, check_scripts, check_capture_dates, check_open):
            check(flambeau, folder)
    print("still pictures are what they claim to be")


main()
