"""Flows between stages as bands whose widths are amounts (a Sankey diagram), as SVG without scripts."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from html import escape
from itertools import pairwise
from typing import Final

from tongqu.views.sankey_layout import LABEL, NODE, WIDTH, Band, Flow, layers_of, layout
from tongqu.views.svg import drawing, text

__all__ = ["Flow", "sankey"]

LINE: Final = 14.0
"""Height of a line of words, in pixels."""
LETTER: Final = 6.3
"""Mean width of a Latin letter at 12 pixels; a Chinese one takes twice as much."""
PLAIN: Final = "#8d9db6"


def sankey(
    flows: Sequence[Flow],
    *,
    names: Mapping[str, str],
    label: str,
    words: Callable[[float], str],
    fills: Mapping[str, str] | None = None,
    height: float = 380,
) -> str:
    """Draw flows; every band and node says its amount when it is pointed at.

    Parameters
    ----------
    flows : sequence of Flow
        See `layout`.
    names : mapping of str to str
        Words of the nodes; the name itself where there are none.
    label : str
        What the diagram shows, for those who do not see it.
    words : callable
        Words of an amount, with its unit.
    fills : mapping of str to str, optional
        Colour or pattern of nodes; a band has that of its target where it has one, else of its source.
    height : float
        Pixels at least.

    Returns
    -------
    str
        SVG; the table beside it holds the same flows.

    Raises
    ------
    DataError
        See `layout`.
    """
    fills = fills or {}
    ends = {name for flow in flows for name in (flow.source, flow.target)}
    count = len(set(layers_of(flows).values()))
    room = min(LABEL, (WIDTH - LABEL - NODE) / max(count - 1, 1) - NODE) - 8
    lines = {name: _wrapped(names.get(name, name), room=room) for name in ends}
    gap = LINE * (max(len(one) for one in lines.values()) + 1) + 4
    found = layout(flows, height=height, gap=gap)
    body = [
        f'<path class="flow" d="{_path(band)}" fill="{_fill(band.flow, fills)}">'
        f"<title>{escape(_said(band.flow, names, words=words))}</title></path>"
        for band in sorted(found.bands, key=lambda one: -one.width)
    ]
    for node in found.nodes:
        said = f"{names.get(node.name, node.name)}: {words(node.amount)}"
        body.append(
            f'<rect class="node" x="{node.x:.1f}" y="{node.y:.2f}" width="{NODE:g}" '
            f'height="{max(node.height, 0.8):.2f}" fill="{fills.get(node.name, PLAIN)}">'
            f"<title>{escape(said)}</title></rect>"
        )
        every = [*lines[node.name], words(node.amount)]
        y = node.y + node.height / 2 - LINE * (len(every) / 2 - 0.8)
        for number, one in enumerate(every):
            css = "flown" if number == len(every) - 1 else "flowname"
            body.append(text(node.x + NODE + 4, y + LINE * number, words=one, css=css))
    return drawing(body, label=label, width=WIDTH, height=found.height, css="chart sankey")


def _fill(flow: Flow, fills: Mapping[str, str]) -> str:
    return fills.get(flow.target) or fills.get(flow.source, PLAIN)


def _said(flow: Flow, names: Mapping[str, str], *, words: Callable[[float], str]) -> str:
    source, target = (names.get(name, name) for name in (flow.source, flow.target))
    return f"{source} → {target}: {words(flow.amount)}"


def _path(band: Band) -> str:
    """Outline of a band: along its upper edge to the target, and back along the lower one."""
    w = band.width
    over = f"M{band.points[0][1]:.1f} {band.points[0][2]:.2f}"
    for (_, x, y), (x2, x3, y2) in pairwise(band.points):
        middle = (x + x2) / 2
        over += f"C{middle:.1f} {y:.2f} {middle:.1f} {y2:.2f} {x2:.1f} {y2:.2f}"
        over += "" if (x2, x3, y2) == band.points[-1] else f"H{x3:.1f}"
    under = f"V{band.points[-1][2] + w:.2f}"
    for (x2, x3, y2), (_, x, y) in pairwise(band.points[::-1]):
        middle = (x + x2) / 2
        under += "" if (x2, x3, y2) == band.points[-1] else f"H{x2:.1f}"
        under += f"C{middle:.1f} {y2 + w:.2f} {middle:.1f} {y + w:.2f} {x:.1f} {y + w:.2f}"
    return f"{over}{under}Z"


def _wrapped(words: str, *, room: float) -> list[str]:
    """Words in lines that are no wider than the room, broken at blanks, and between Chinese letters."""
    lines, line, wide = [], "", 0.0
    for part in _parts(words):
        size = sum(_letter(letter) for letter in part)
        if line.strip() and wide + size > room:
            lines.append(line.strip())
            line, wide = "", 0.0
        line, wide = line + part, wide + size
    return [*lines, line.strip()]


def _parts(words: str) -> list[str]:
    """Pieces that are kept whole: Latin words with the blank after them, single Chinese letters."""
    parts: list[str] = []
    for letter in words:
        whole = parts and not parts[-1].endswith(" ") and not _wide(parts[-1][-1]) and not _wide(letter)
        if whole:
            parts[-1] += letter
        else:
            parts.append(letter)
    return parts


def _wide(letter: str) -> bool:
    return unicodedata.east_asian_width(letter) in "WF"


def _letter(letter: str) -> float:
    return LETTER * (2 if _wide(letter) else 1)
