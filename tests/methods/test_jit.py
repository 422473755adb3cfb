"""Compiled code kept on disk follows the sources of all that it holds."""

from __future__ import annotations

import numba
import pytest

from tongqu.methods import _jit
from tongqu.methods.kernels import search, ways


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")
def test_code_on_disk_is_stamped_with_the_sources_of_every_kernel() -> None:
    for kernel in (search.label, ways.down_few):
        _, sources = kernel._cache._cache_file._source_stamp  # type: ignore[attr-defined]
        assert sources == _jit._sources()
