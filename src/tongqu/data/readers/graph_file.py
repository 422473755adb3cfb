"""GraphML files as OSMnx saves them: their elements, and one value for each attribute."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd

from tongqu.data.problems import Problems
from tongqu.data.readers.tables import road_speeds
from tongqu.data.readers.tags import TAGS

__all__ = ["Graph", "listed", "read_graph", "tags_of"]


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """A GraphML file as read: attributes of the graph, of nodes and of edges, all text."""

    attributes: dict[str, str]
    nodes: pd.DataFrame
    edges: pd.DataFrame


def local(tag: str) -> str:
    """Name of an element without its namespace."""
    return tag.rpartition("}")[2]


def data_of(element: Any, keys: dict[str, str]) -> dict[str, str]:
    """Values of an element by the names of their keys."""
    return {
        keys.get(child.get("key", ""), child.get("key", "")): (child.text or "").strip()
        for child in element
        if local(child.tag) == "data"
    }


def parse(path: Path) -> Graph:
    """The elements of a GraphML file, one at a time.

    Raises
    ------
    ElementTree.ParseError
        If it is no XML, or cut short.
    """
    keys: dict[str, str] = {}
    attributes: dict[str, str] = {}
    nodes: list[dict[str, str]] = []
    edges: list[dict[str, str]] = []
    for _, element in ElementTree.iterparse(path):
        name = local(element.tag)
        if name == "key":
            keys[element.get("id", "")] = element.get("attr.name", element.get("id", ""))
        elif name == "node":
            nodes.append(data_of(element, keys) | {"id": element.get("id", "")})
            element.clear()
        elif name == "edge":
            ends = {"source": element.get("source", ""), "target": element.get("target", "")}
            edges.append(data_of(element, keys) | ends)
            element.clear()
        elif name == "graph":
            attributes = data_of(element, keys)
        elif name == "graphml":
            attributes = attributes | data_of(element, keys)
    frames = (pd.DataFrame(rows, dtype="str").fillna("") for rows in (nodes, edges))
    return Graph(attributes, *frames)


def read_graph(path: Path) -> Graph:
    """The graph of a file.

    Raises
    ------
    DataError
        If the file is missing, empty, cut short, or holds no graph.
    """
    problems, file = Problems(), path.name
    if not path.is_file():
        problems.add("missing file", file=file, mend="check the path")
    elif path.stat().st_size == 0:
        problems.add("the file is empty", file=file, mend="save the graph again")
    problems.raise_any()
    graph = Graph({}, pd.DataFrame(), pd.DataFrame())
    try:
        graph = parse(path)
    except (ElementTree.ParseError, LookupError) as error:  # an encoding that nobody knows
        cut_short = "no element found" in str(error) or "unclosed token" in str(error)
        rule = "the file is cut short" if cut_short else "not a readable GraphML file"
        problems.add(rule, file=file, value=str(error), mend="save the graph again")
    if not len(problems) and not (len(graph.nodes) and len(graph.edges)):
        problems.add("the file has no roads", file=file, mend="check that the graph has nodes and edges")
    problems.raise_any()
    return graph


def listed(text: str) -> list[str]:
    """The values of an attribute: OSMnx writes several as a list in text.

    Examples
    --------
    >>> listed("['primary', 'secondary']"), listed("primary"), listed("")
    (['primary', 'secondary'], ['primary'], [])
    """
    if text.startswith("[") and text.endswith("]"):
        try:
            found = ast.literal_eval(text)
        except (ValueError, SyntaxError):
            return [text]
        return [str(value) for value in found] if isinstance(found, list) else [text]
    return [text] if text else []


def first(values: list[str]) -> str:
    """The first, or nothing."""
    return values[0] if values else ""


def first_road(values: list[str]) -> str:
    """The first that is a road."""
    known = road_speeds().index
    return next((value for value in values if value in known), values[0] if values else "")


def lowest(values: list[str]) -> str:
    """The lowest speed limit where all are plain numbers, else the first."""
    plain = all(value.replace(".", "", 1).isdigit() for value in values)
    return min(values, key=float) if values and plain else (values[0] if values else "")


def joined(values: list[str]) -> str:
    """All of them."""
    return "; ".join(dict.fromkeys(values))


def any_yes(values: list[str]) -> str:
    """The first that is not no."""
    return next((value for value in values if value not in ("no", "False", "0")), "")


PICK: dict[str, Callable[[list[str]], str]] = {
    "highway": first_road,
    "maxspeed": lowest,
    "name": joined,
    "ref": joined,
    "bridge": any_yes,
    "tunnel": any_yes,
}
"""Which of several values counts; for other attributes the first."""


def tags_of(edges: pd.DataFrame) -> pd.DataFrame:
    """Tags of the edges, one value each."""
    columns = {}
    for tag in TAGS:
        text = (
            edges[tag]
            if tag in edges.columns
            else pd.Series([""] * len(edges), index=edges.index, dtype="str")
        )
        pick = PICK.get(tag, first)
        columns[tag] = text.map({value: pick(listed(value)) for value in text.unique()}).astype("str")
    return pd.DataFrame(columns).assign(oneway="", junction="")
