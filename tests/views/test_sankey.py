"""Sankey diagrams: amounts are widths, nothing overlaps, columns follow the flows, words fit."""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import pairwise

import numpy as np
import pytest

from tongqu.base import DataError
from tongqu.views.sankey import LINE, sankey
from tongqu.views.sankey_layout import NARROW, NODE, Flow, layout

CHAIN = [
    Flow("orchard", "grading", 60),
    Flow("orchard", "market", 40),
    Flow("grading", "plant", 25),
    Flow("grading", "market", 30),
    Flow("grading", "loss", 5),
    Flow("plant", "market", 20),
    Flow("plant", "loss", 5),
    Flow("inputs", "plant", 10),
    Flow("plant", "wages", 10),
]


def random_flows(seed: int) -> list[Flow]:
    """Flows between 12 nodes, each to a later one."""
    rng = np.random.default_rng(seed)
    pairs = [(a, b) for a in range(12) for b in range(a + 1, 12) if rng.random() < 0.3]
    pairs = pairs or [(0, 1)]
    return [Flow(f"n{a}", f"n{b}", float(rng.uniform(0.01, 50))) for a, b in pairs]


@pytest.mark.parametrize("flows", [CHAIN, *(random_flows(seed) for seed in range(25))])
def test_widths_add_up_at_every_node(flows):
    found = layout(flows)
    into, out = defaultdict(float), defaultdict(float)
    for band in found.bands:
        assert band.width == pytest.approx(band.flow.amount * found.scale)
        out[band.flow.source] += band.width
        into[band.flow.target] += band.width
    for node in found.nodes:
        assert max(into[node.name], out[node.name]) == pytest.approx(node.height)
    assert sum(band.flow.amount for band in found.bands) == pytest.approx(sum(f.amount for f in flows))


@pytest.mark.parametrize("flows", [CHAIN, *(random_flows(seed) for seed in range(25))])
def test_nothing_overlaps_and_all_is_inside(flows):
    found = layout(flows, gap=20)
    taken = defaultdict(list)
    for node in found.nodes:
        taken[node.layer].append((node.y, node.y + node.height, 10))
    steps = sorted({node.x for node in found.nodes})
    for band in found.bands:
        for x, _, y in band.points[1:-1]:
            layer = min(range(len(steps)), key=lambda k: abs(steps[k] - x))
            taken[layer].append((y, y + band.width, NARROW / 2))
    for spans in taken.values():
        spans.sort()
        assert spans[0][0] >= 0
        assert spans[-1][1] <= found.height + 1e-6
        for (_, end, first), (start, _, second) in pairwise(spans):
            assert start - end >= first + second - 1e-6


@pytest.mark.parametrize("flows", [CHAIN, *(random_flows(seed) for seed in range(10))])
def test_bands_lie_side_by_side_at_their_nodes(flows):
    found = layout(flows)
    nodes = {node.name: node for node in found.nodes}
    for end in (0, -1):
        spans = defaultdict(list)
        for band in found.bands:
            name = (band.flow.source, band.flow.target)[end]
            spans[name].append((band.points[end][2], band.width))
        for name, parts in spans.items():
            y = nodes[name].y
            for start, width in sorted(parts):
                assert start == pytest.approx(y, abs=1e-6)
                y = start + width
            assert y <= nodes[name].y + nodes[name].height + 1e-6


@pytest.mark.parametrize("flows", [CHAIN, *(random_flows(seed) for seed in range(10))])
def test_every_flow_goes_to_the_right(flows):
    found = layout(flows)
    layer = {node.name: node.layer for node in found.nodes}
    assert min(layer.values()) == 0
    for band in found.bands:
        assert layer[band.flow.source] < layer[band.flow.target]
        assert len(band.points) == layer[band.flow.target] - layer[band.flow.source] + 1
        xs = [x for left, right, _ in band.points for x in (left, right)]
        assert xs == sorted(xs)


def test_a_source_stands_just_before_what_it_feeds():
    layer = {node.name: node.layer for node in layout(CHAIN).nodes}
    assert layer == {"orchard": 0, "grading": 1, "inputs": 1, "plant": 2, "market": 3, "loss": 3, "wages": 3}


def test_sweeps_undo_needless_crossings():
    flows = [Flow("a", "y", 5), Flow("b", "x", 5), Flow("a", "w", 1), Flow("b", "z", 1)]
    found = layout(flows)
    y = {node.name: node.y for node in found.nodes}
    for first in found.bands:
        for second in found.bands:
            over = y[first.flow.source] - y[second.flow.source]
            under = y[first.flow.target] - y[second.flow.target]
            assert over * under >= 0


def test_flows_between_the_same_nodes_become_one_and_none_is_left_out():
    found = layout([Flow("a", "b", 2), Flow("a", "b", 3), Flow("a", "c", 0)])
    assert [band.flow for band in found.bands] == [Flow("a", "b", 5)]
    assert [node.name for node in found.nodes] == ["a", "b"]


@pytest.mark.parametrize(
    ("flows", "rule", "count"),
    [
        ([Flow("a", "b", -1), Flow("a", "c", float("nan")), Flow("a", "d", float("inf"))], "below 0", 3),
        ([Flow("a", "b", 1), Flow("b", "c", 1), Flow("c", "a", 1)], "in a circle", 1),
        ([Flow("a", "a", 1)], "in a circle", 1),
        ([Flow("a", "b", 0)], "no flow", 1),
        ([], "no flow", 1),
    ],
)
def test_what_cannot_be_drawn(flows, rule, count):
    with pytest.raises(DataError, match=rule) as caught:
        layout(flows)
    assert len(caught.value.problems) == count


def drawn(flows, names=None, **more):
    return sankey(flows, names=names or {}, label="who <earns>", words=lambda v: f"{v:g} t", **more)


def test_the_drawing_says_every_flow_and_has_a_name():
    svg = drawn(CHAIN, names={"orchard": "果园 <A>"})
    assert 'role="img"' in svg
    assert 'aria-label="who &lt;earns&gt;"' in svg
    assert svg.count('class="flow"') == len(CHAIN) == svg.count("→")
    assert "<title>果园 &lt;A&gt; → market: 40 t</title>" in svg
    assert svg.count('class="node"') == 7
    assert "<script" not in svg
    assert "nan" not in svg


def test_bands_in_the_drawing_are_as_wide_as_their_amounts():
    svg = drawn(CHAIN)
    scale = None
    for path, amount in re.findall(r'class="flow" d="M([^"]*)" fill="[^"]*"><title>[^:]*: ([\d.]+) t', svg):
        first = float(path.split("C")[0].split()[1])
        last = float(re.sub(r"Z$", "", path).split()[-1])
        scale = scale or (last - first) / float(amount)
        assert (last - first) / float(amount) == pytest.approx(scale, rel=0.01)
        turn = re.search(r"([\d.]+)V([\d.]+)", path)
        assert turn is not None
        assert float(turn[2]) - float(turn[1]) == pytest.approx(last - first, abs=0.02)


@pytest.mark.parametrize(
    "long", ["a rather long name of a stage in a chain", "一个很长的产业链环节名称需要换行显示才好"]
)
def test_labels_do_not_collide(long):
    names = {flow.target: f"{long} {flow.target}" for flow in CHAIN}
    svg = drawn(CHAIN, names=names)
    boxes = []
    for x, y, words in re.findall(r'<text class="flow\w+" x="([\d.]+)" y="([\d.]+)">([^<]*)</text>', svg):
        wide = sum(12.6 if ord(letter) > 0x2E80 else 6.3 for letter in words)
        boxes.append((float(x), float(y), wide))
    width = float(re.search(r'viewBox="0 0 ([\d.]+)', svg)[1])  # type: ignore[index]
    for k, (x, y, wide) in enumerate(boxes):
        assert x + wide <= width + 1
        for x2, y2, wide2 in boxes[k + 1 :]:
            apart = x + wide <= x2 or x2 + wide2 <= x or abs(y - y2) >= LINE - 0.2
            assert apart
    assert "".join(re.findall(r'class="flowname"[^>]*>([^<]*)<', svg)).replace(" ", "").count(
        long.replace(" ", "")
    ) == len(names)


def test_a_band_has_the_colour_of_its_end():
    svg = drawn([Flow("a", "loss", 1), Flow("a", "b", 2)], fills={"loss": "#123456", "a": "#abcdef"})
    found = dict(re.findall(r'class="flow" d="[^"]*" fill="([^"]*)"><title>([^:]*)', svg))
    assert found == {"#123456": "a → loss", "#abcdef": "a → b"}
    assert NODE > 0
