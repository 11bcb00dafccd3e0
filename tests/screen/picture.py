#!/usr/bin/env python3
"""Draws a real screen of the program as PNG: `picture.py OUT.png KEYS COMMAND…`.

The command runs in a terminal of its own (tmux, 120×24). When its title says "ended", KEYS are typed. What the terminal
then shows is drawn with its own colours and styles by headless Chromium, each piece of text at its column.

    tests/screen/picture.py images/screen.png Enter \\
        target/release/cellwarden replay captures/ --registry captures/registry.csv --theme dark

Needs tmux, chromium, fonts-dejavu-core and, for Korean names, fonts-nanum-coding. Look at the picture before it is
committed.
"""

import html
import os
import re
import subprocess
import sys
import tempfile
import time
import unicodedata

COLUMNS, ROWS = 120, int(os.environ.get("ROWS", "24"))
# DejaVu Sans Mono at 14 px: its advance is 0.602 em, its lines are 16.3 px high.
CELL_W, CELL_H, MARGIN = 8.43, 16, 12
# The terminal's own eight colours, as a dark one may have them; the bright ones are drawn alike.
COLORS = ["#2e3436", "#e5484d", "#46a758", "#c4a000", "#5b8def", "#c678dd", "#2bb3b3", "#d3d7cf"]
INK, PAPER = "#d3d7cf", "#14171a"


def main() -> None:
    out, keys, command = sys.argv[1], sys.argv[2], sys.argv[3:]
    tmux = ["tmux", "-L", f"picture-{os.getpid()}"]
    size = ["-x", str(COLUMNS), "-y", str(ROWS)]
    subprocess.run([*tmux, "-f", "/dev/null", "new-session", "-d", *size, "env", "-u", "NO_COLOR", *command], check=True)
    try:
        wait(tmux, "ended")
        for key in keys.split():
            subprocess.run([*tmux, "send-keys", key], check=True)
        # Two captures alike: nothing more is drawn.
        before, screen = "", capture(tmux)
        while screen != before:
            time.sleep(0.5)
            before, screen = screen, capture(tmux)
    finally:
        subprocess.run([*tmux, "kill-server"], check=False)
    draw(page(screen), out)


def capture(tmux: list[str]) -> str:
    return subprocess.run([*tmux, "capture-pane", "-p", "-e"], check=True, capture_output=True, text=True).stdout


def wait(tmux: list[str], what: str) -> None:
    for _ in range(600):
        if what in capture(tmux):
            return
        time.sleep(0.2)
    sys.exit(f"{what!r} did not come:\n{capture(tmux)}")


def page(screen: str) -> str:
    """The screen as HTML: absolutely placed pieces, so that no font can move a column."""
    parts = []
    for row, line in enumerate(screen.splitlines()[:ROWS]):
        column, style = 0, {}
        for sgr, text in re.findall(r"\x1b\[([\d;]*)m|([^\x1b]+)", line):
            if not text:
                style = styled(style, sgr)
                continue
            for piece in re.findall(r"[^\u1100-\uffff]+|[\u1100-\uffff]", text):
                columns = sum(columns_of(c) for c in piece)
                parts.append(drawn(row, column, piece, columns, style))
                column += columns
    return (
        "<!doctype html><meta charset=utf-8><style>"
        f"html,body{{margin:0;background:{PAPER};overflow:hidden}}"
        f"i{{position:absolute;white-space:pre;font:normal 14px/{CELL_H}px 'DejaVu Sans Mono',NanumGothicCoding,"
        f"NanumGothic,monospace;height:{CELL_H}px}}"
        "</style>" + "".join(parts)
    )


def columns_of(character: str) -> int:
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def styled(style: dict, sgr: str) -> dict:
    style = dict(style)
    codes = [int(code or 0) for code in sgr.split(";")]
    if codes[:2] == [38, 5]:
        return {**style, "color": COLORS[codes[2] % 8]}
    for code in codes:
        if code == 0:
            style = {}
        elif code in (1, 2, 7):
            style[{1: "bold", 2: "faint", 7: "reversed"}[code]] = True
        elif 30 <= code < 38 or 90 <= code < 98:
            style["color"] = COLORS[code % 10]
        elif code == 39:
            style.pop("color", None)
    return style


def drawn(row: int, column: int, text: str, columns: int, style: dict) -> str:
    ink, paper = style.get("color", INK), "transparent"
    if style.get("reversed"):
        ink, paper = PAPER, ink
    more = "font-weight:bold;" if style.get("bold") else ""
    more += "opacity:0.6;" if style.get("faint") else ""
    place = f"left:{MARGIN + column * CELL_W:.2f}px;top:{MARGIN + row * CELL_H}px;width:{columns * CELL_W:.2f}px"
    return f'<i style="{place};color:{ink};background:{paper};{more}">{html.escape(text)}</i>'


def draw(text: str, out: str) -> None:
    width, height = round(2 * MARGIN + COLUMNS * CELL_W), 2 * MARGIN + ROWS * CELL_H
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, "screen.html")
        with open(source, "w", encoding="utf-8") as file:
            file.write(text)
        subprocess.run(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={folder}",
             "--force-device-scale-factor=1.5", f"--window-size={width},{height}", f"--screenshot={os.path.abspath(out)}",
             f"file://{source}"],
            check=True, stderr=subprocess.DEVNULL,
        )


if __name__ == "__main__":
    main()
