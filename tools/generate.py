"""Write what follows from the table specs: pages and JSON schemas. ``--check`` compares only."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tongqu.data import schema_text, table_specs, tables_page

ROOT = Path(__file__).resolve().parents[1]


def generated() -> dict[Path, str]:
    """Every generated file with its content."""
    docs = ROOT / "docs"
    files = {docs / "tables.md": tables_page("en"), docs / "tables.zh.md": tables_page("zh")}
    return files | {docs / "schema" / f"{name}.json": schema_text(name) for name in table_specs()}


def main() -> int:
    """Write the files, or with ``--check`` say which differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only; exit 1 where a file is stale")
    check = parser.parse_args().check
    stale = []
    for path, text in generated().items():
        now = path.read_text(encoding="utf-8") if path.is_file() else None
        if now == text:
            continue
        stale.append(path.relative_to(ROOT).as_posix())
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
    if check and stale:
        print("stale, run tools/generate.py:", *stale, sep="\n  ")
        return 1
    print(f"{len(stale)} of {len(generated())} files written" if not check else "generated files are current")
    return 0


if __name__ == "__main__":
    sys.exit(main())
