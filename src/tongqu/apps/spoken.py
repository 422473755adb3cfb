"""Help and wrong words in the reader's language: commands whose texts come from the catalogue."""

from __future__ import annotations

import copy
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from tongqu.apps.output import Face
from tongqu.apps.words import Language, default_language, label, say

__all__ = ["SpokenCommand", "SpokenGroup"]

UsageError: type[Exception] = typer.BadParameter.__mro__[1]
"""Click's error for wrong words; Typer names only its children."""


class SpokenCommand(TyperCommand):
    """A command with help in Chinese or English: keys ``help.<command>`` and ``help.<parameter>``."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help."""
        language = _language(ctx.params.get("lang"))
        super(SpokenCommand, _translated(self, ctx, language=language)).format_help(ctx, formatter)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words; wrong ones are refused in one place."""
        given = list(args)
        try:
            return super().parse_args(ctx, args)
        except UsageError as error:
            raise _refused(error, ctx, given=given) from None


class SpokenGroup(TyperGroup):
    """The group of all commands, with the same help."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help."""
        language = _language(None)
        spoken = _translated(self, ctx, language=language)
        spoken.commands = {
            name: _translated(command, ctx, language=language) for name, command in self.commands.items()
        }
        super(SpokenGroup, spoken).format_help(ctx, formatter)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words before the command."""
        given = list(args)
        if not given:
            return super().parse_args(ctx, args)  # shows the help
        try:
            return super().parse_args(ctx, args)
        except UsageError as error:
            raise _refused(error, ctx, given=given) from None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command."""
        try:
            return super().resolve_command(ctx, args)
        except UsageError as error:
            raise _refused(error, ctx, given=args) from None


def _translated(command: Any, ctx: Any, *, language: Language) -> Any:
    """A copy of a command with its texts in the language; the command itself stays as it is."""
    spoken = copy.copy(command)
    more = label(f"more.{command.name}", language)
    spoken.help = "\n\n".join(filter(None, [say(f"help.{command.name or 'tongqu'}", language), more]))
    spoken.rich_help_panel = say("commands", language)
    if command.epilog:
        spoken.epilog = f"{say('example', language)}{command.epilog}"
    spoken.params = [copy.copy(param) for param in command.params]
    for param in spoken.params:
        own = label(f"help.{command.name}.{param.name}", language)
        param.help = own or say(f"help.{param.name}", language)
        kind = "arguments" if param.param_type_name == "argument" else "options"
        param.rich_help_panel = say(kind, language)
    option = spoken.get_help_option(ctx)
    option.help, option.rich_help_panel = say("help.help", language), say("options", language)
    return spoken


def _language(lang: Any) -> Language:
    return default_language() if lang is None else ("zh" if str(lang) == "zh" else "en")


def _refused(error: Any, ctx: Any, *, given: list[str]) -> typer.Exit:
    """Say what is wrong with the words, as JSON if they ask for it."""
    after = [given[at + 1] for at, word in enumerate(given[:-1]) if word == "--lang"]
    after += [word.removeprefix("--lang=") for word in given if word.startswith("--lang=")]
    language = _language(after[-1] if after and after[-1] in ("zh", "en") else None)
    face = Face(language, as_json="--json" in given)
    face.refuse(_message(error, language), help_of=ctx.command_path)
    return typer.Exit(2)


def _message(error: Any, language: Language) -> str:
    if language == "en":
        return str(error.format_message())
    param = getattr(error, "param", None)
    names = (
        ((param.opts or [param.name]) if param.param_type_name == "option" else [param.metavar])
        if param
        else []
    )
    name = names[-1] if names else ""
    kind = type(error).__name__
    if kind == "MissingParameter":
        return say("usage.missing", language, name=name)
    if kind == "NoSuchOption":
        return say("usage.option", language, name=error.option_name)
    if kind == "BadParameter":
        return say("usage.value", language, name=name, why=error.message)
    return say("usage.other", language, why=error.format_message())
