"""Options that several commands share, and the face that they ask for."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tongqu.apps.output import Face
from tongqu.apps.words import Language, default_language

__all__ = [
    "DebugOption",
    "ForceOption",
    "JsonOption",
    "Lang",
    "LangOption",
    "MapOption",
    "QuietOption",
    "RegionArgument",
    "face_of",
]


class Lang(StrEnum):
    """Languages of messages, files and reports."""

    zh = "zh"
    en = "en"


RegionArgument = Annotated[str, typer.Argument(metavar="REGION")]
MapOption = Annotated[Path | None, typer.Option("--map", metavar="FILE")]
ForceOption = Annotated[bool, typer.Option("--force")]
LangOption = Annotated[Lang | None, typer.Option("--lang", is_eager=True)]
JsonOption = Annotated[bool, typer.Option("--json")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q")]
DebugOption = Annotated[bool, typer.Option("--debug")]


def face_of(lang: Lang | None, *, as_json: bool, quiet: bool, debug: bool) -> Face:
    """The face in the language asked for, else that of the machine."""
    language: Language = default_language() if lang is None else ("zh" if lang is Lang.zh else "en")
    return Face(language, as_json=as_json, quiet=quiet, debug=debug)
