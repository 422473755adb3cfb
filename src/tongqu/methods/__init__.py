"""Methods: pure functions over arrays, which know no table, no contract and no file."""

__all__: list[str] = []
