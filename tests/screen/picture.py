#!/usr/bin/env python3
"""Draws a real screen of the program as SVG: `picture.py OUT.svg KEYS COMMAND…`.

The command runs in a terminal of its own (tmux, 120×24). Once its title says "ended", KEYS are typed, and what the
terminal then shows is drawn with its own colours and styles.

    tests/screen/picture.py tests/screen/cell.svg Enter \\
        target/release/cellwarden replay captures/ --registry captures/registry.csv --theme dark
"""

import html
import os
import re
import subprocess
import sys
import time

COLUMNS, ROWS = 120, 24
CELL_W, CELL_H = 8.4, 17
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
        # Two pictures alike: nothing more is drawn.
        before, screen = "", capture(tmux)
        while screen != before:
            time.sleep(0.5)
            before, screen = screen, capture(tmux)
    finally:
        subprocess.run([*tmux, "kill-server"], check=False)
    with open(out, "w", encoding="utf-8") as file:
        file.write(svg(screen))


def capture(tmux: list[str]) -> str:
    return subprocess.run([*tmux, "capture-pane", "-p", "-e"], check=True, capture_output=True, text=True).stdout


def wait(tmux: list[str], what: str) -> None:
    for _ in range(600):
        if what in capture(tmux):
            return
        time.sleep(0.2)
    sys.exit(f"{what!r} did not come:\n{capture(tmux)}")


def svg(screen: str) -> str:
    parts = []
    for row, line in enumerate(screen.splitlines()[:ROWS]):
        column, style = 0, {}
        for sgr, text in re.findall(r"\x1b\[([\d;]*)m|([^\x1b]+)", line):
            if not text:
                style = styled(style, sgr)
                continue
            # Hangul and the like are two columns wide.
            width = sum(2 if ord(c) >= 0x1100 and ord(c) < 0x11600 or 0xAC00 <= ord(c) <= 0xD7A3 else 1 for c in text)
            parts.append(drawn(row, column, text, width, style))
            column += width
    width, height = COLUMNS * CELL_W + 16, ROWS * CELL_H + 16
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" font-size="14" '
        'font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" xml:space="preserve">\n'
        f'<rect width="100%" height="100%" rx="6" fill="{PAPER}"/>\n'
    )
    return head + "".join(parts) + "</svg>\n"


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


def drawn(row: int, column: int, text: str, width: int, style: dict) -> str:
    x, y = 8 + column * CELL_W, 8 + row * CELL_H
    ink = style.get("color", INK)
    box = ""
    if style.get("reversed"):
        box = f'<rect x="{x:g}" y="{y:g}" width="{width * CELL_W:g}" height="{CELL_H}" fill="{ink}"/>\n'
        ink = PAPER
    if not text.strip():
        return box
    more = ' font-weight="bold"' if style.get("bold") else ""
    more += ' opacity="0.6"' if style.get("faint") else ""
    length = f'textLength="{width * CELL_W:g}" lengthAdjust="spacingAndGlyphs"'
    return box + f'<text x="{x:g}" y="{y + 13:g}" fill="{ink}"{more} {length}>{html.escape(text)}</text>\n'


if __name__ == "__main__":
    main()
