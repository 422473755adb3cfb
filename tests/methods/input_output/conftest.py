from __future__ import annotations

import pytest

from tongqu.data import Region, load_region
from tongqu.methods.input_output import Table, table_of


@pytest.fixture(scope="session")
def quzhou() -> Region:
    return load_region("quzhou")


@pytest.fixture(scope="session")
def zhejiang(quzhou: Region) -> Table:
    return table_of(quzhou["input_output"], industries=quzhou["industries"], area="zhejiang", year=2017)
