"""The parts of the build of the bundled region Quzhou; `tools/build_quzhou.py` puts them together."""
