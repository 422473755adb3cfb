from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tongqu.base import DataError
from tongqu.methods.people import growth_matrix, leslie_matrix, project_groups, transition

DATA = Path(__file__).parent / "data"
REGIONS = ["slovenia", "rest_yugoslavia"]


@pytest.fixture(scope="module")
def yugoslavia() -> dict[str, np.ndarray]:
    table = pd.read_csv(DATA / "willekens_rogers_input.csv").set_index(["age", "region"])
    wide = {name: table[name].unstack()[REGIONS].to_numpy(dtype=float) for name in table.columns}
    people = wide["population"]
    moves = np.zeros((18, 2, 2))
    moves[:, 1, 0] = wide["to_rest"][:, 0] / people[:, 0]
    moves[:, 0, 1] = wide["to_slovenia"][:, 1] / people[:, 1]
    return {
        "people": people,
        "moves": moves,
        "deaths": wide["deaths"] / people,
        "births": wide["births"] / people,
    }


def test_willekens_and_rogers_1978(yugoslavia: dict[str, np.ndarray]) -> None:
    first = transition(yugoslavia["deaths"][:-1], moves=yugoslavia["moves"][:-1], width=5)[0]
    np.testing.assert_allclose(first, [[0.956084, 0.001261], [0.013103, 0.892421]], atol=6e-7)
    growth = growth_matrix(yugoslavia["deaths"], moves=yugoslavia["moves"], births=yugoslavia["births"])
    stages = project_groups(yugoslavia["people"], growth, steps=8)
    published = pd.read_csv(DATA / "willekens_rogers_projection.csv")[REGIONS].to_numpy()
    np.testing.assert_allclose(stages, published.reshape(9, 18, 2), atol=6e-5)
    np.testing.assert_array_equal(
        stages[8, :3].round(), [[81001, 1130953], [77972, 1027894], [76680, 993837]]
    )
    stable = np.abs(np.linalg.eigvals(leslie_matrix(growth))).max()
    assert stable == pytest.approx(1.03096688, abs=5e-9)


def test_the_matrix_does_what_the_steps_do(yugoslavia: dict[str, np.ndarray]) -> None:
    growth = growth_matrix(yugoslavia["deaths"], moves=yugoslavia["moves"], births=yugoslavia["births"])
    after = project_groups(yugoslavia["people"], growth, steps=1)[1]
    flat = leslie_matrix(growth) @ yugoslavia["people"].reshape(-1)
    np.testing.assert_allclose(flat, after.reshape(-1), rtol=1e-12)


def test_regions_may_change_places(yugoslavia: dict[str, np.ndarray]) -> None:
    growth = growth_matrix(yugoslavia["deaths"], moves=yugoslavia["moves"], births=yugoslavia["births"])
    swapped = growth_matrix(
        yugoslavia["deaths"][:, ::-1],
        moves=yugoslavia["moves"][:, ::-1, ::-1],
        births=yugoslavia["births"][:, ::-1],
    )
    np.testing.assert_allclose(
        project_groups(yugoslavia["people"][:, ::-1], swapped, steps=3),
        project_groups(yugoslavia["people"], growth, steps=3)[..., ::-1],
        rtol=1e-10,
    )


def test_futures_do_not_mix(yugoslavia: dict[str, np.ndarray]) -> None:
    factor = np.array([0.5, 1.0, 1.5])[:, None, None]
    many = growth_matrix(
        yugoslavia["deaths"] * factor,
        moves=np.broadcast_to(yugoslavia["moves"], (3, 18, 2, 2)),
        births=np.broadcast_to(yugoslavia["births"], (3, 18, 2)),
    )
    one = growth_matrix(yugoslavia["deaths"], moves=yugoslavia["moves"], births=yugoslavia["births"])
    np.testing.assert_allclose(many.births[1], one.births, rtol=1e-10, atol=1e-15)
    np.testing.assert_allclose(many.survivors[1], one.survivors, rtol=1e-10, atol=1e-15)


def test_nobody_dies_nobody_is_lost() -> None:
    """Columns of the transition add up to 1 without deaths."""
    rng = np.random.default_rng(4)
    found = transition(np.zeros((6, 3)), moves=rng.uniform(0, 0.02, (6, 3, 3)), width=5)
    np.testing.assert_allclose(found.sum(axis=-2), 1.0, rtol=1e-12)


def test_malformed() -> None:
    deaths, moves = np.full((3, 2), 0.01), np.zeros((3, 2, 2))
    with pytest.raises(DataError, match="probabilities are negative"):
        transition(deaths * 100, moves=moves, width=5)
    with pytest.raises(DataError, match="nobody dies in the open age"):
        growth_matrix([[0.1], [0.1], [0.0]], moves=np.zeros((3, 1, 1)), births=np.zeros((3, 1)))
    with pytest.raises(DataError, match="to, from by age"):
        transition(deaths, moves=moves[0], width=5)
    with pytest.raises(DataError, match="missing or outside"):
        transition(-deaths, moves=moves, width=5)
    with pytest.raises(DataError, match="shapes differ"):
        growth_matrix(deaths, moves=moves, births=deaths[:2])
    growth = growth_matrix(deaths, moves=moves, births=deaths)
    with pytest.raises(DataError, match="does not fit"):
        project_groups(np.ones((3, 3)), growth, steps=1)
    with pytest.raises(DataError, match="is negative"):
        project_groups(np.ones((3, 2)), growth, steps=-1)
