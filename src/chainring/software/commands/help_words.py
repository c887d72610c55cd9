"""Help and usage errors of the command line in Chinese, found by the English sentence.

    run_in_chinese(typer.main.get_command(app))     # CHAINRING_LANGUAGE=zh chainring turn --help

Commands and options are described in English where they are defined; `help_zh.json` has their
Chinese, which the reference is written from, too. What is said of a slip is the library's own: a
sentence of another version than those below stays English.
"""

from __future__ import annotations

import json
import sys
from importlib.resources import files
from typing import Any

import typer

from chainring.text.sentences import Sentences

PANELS = {
    "ARGUMENTS_PANEL_TITLE": "参数",
    "OPTIONS_PANEL_TITLE": "选项",
    "COMMANDS_PANEL_TITLE": "命令",
    "ERRORS_PANEL_TITLE": "错误",
    "DEFAULT_STRING": "[默认：{}]",
    "ENVVAR_STRING": "[环境变量：{}]",
    "REQUIRED_LONG_STRING": "[必填]",
    "ABORTED_TEXT": "已中止。",
    "RICH_HELP": "运行 [blue]'{command_path} {help_option}'[/] 查看帮助。",
}
"""Words of typer's own, by the names of its `rich_utils`."""

USAGE_WORDS = {
    "Usage:": "用法：",
    "[OPTIONS]": "[选项]",
    " COMMAND ": " 命令 ",
    "[ARGS]...": "[参数]...",
}
"""Words of a line of usage."""

_SLIP: Any = typer.BadParameter.__mro__[2]
"""What typer raises where the words of a command line are wrong."""

USAGE = Sentences(
    {
        "near command": (
            "No such command {name}. Did you mean {near}?",
            "没有命令 {name}。是否想写 {near}？",
        ),
        "command": ("No such command {name}.", "没有命令 {name}。"),
        "near options": (
            "No such option: {name} (Possible options: {near})",
            "没有选项 {name}（可能是：{near}）",
        ),
        "option": ("No such option: {name}", "没有选项 {name}"),
        "missing argument": ("Missing argument {name}.", "缺少参数 {name}。"),
        "missing option": ("Missing option {name}.", "缺少选项 {name}。"),
        "valueless": ("Option {name} requires an argument.", "选项 {name} 后面要有值。"),
        "valued": ("Option {name} does not take a value.", "选项 {name} 不带值。"),
        "too many": ("Got unexpected extra argument(s) ({names})", "多出的参数：{names}"),
        "invalid": ("Invalid value for {name}: {because}", "{name} 的值无效：{because}"),
        "no integer": (
            "Input should be a valid integer, unable to parse string as an integer",
            "应为整数",
        ),
        "no number": (
            "Input should be a valid number, unable to parse string as a number",
            "应为数字",
        ),
        "at most": ("Input should be less than or equal to {most}", "最大为 {most}"),
        "at least": ("Input should be greater than or equal to {least}", "最小为 {least}"),
    }
)


def run_in_chinese(command: Any) -> None:
    """Run a command of typer; its help, and that of all below it, and slips are told in Chinese."""
    _translate(command, json.loads((files(__package__) / "help_zh.json").read_text("utf-8")))
    try:
        status = command.main(standalone_mode=False)
    except _SLIP as error:
        said = USAGE.in_chinese(error.format_message())
        error.format_message = lambda: said
        _words_of_typer().rich_format_error(error)
        status = error.exit_code
    except typer.Abort:
        _words_of_typer().rich_abort_error()
        status = 1
    sys.exit(status or 0)


def _words_of_typer() -> Any:
    """Return what typer writes by, with Chinese words of its own; it takes 0.1 s to load."""
    from rich.columns import Columns
    from rich.table import Table
    from rich.text import Text
    from typer import rich_utils

    class Beside(Columns):
        """Texts beside each other that are broken where they are too long, as Chinese always is."""

        def __init__(self, texts: Any, *how: Any, **named: Any) -> None:
            for text in texts:
                if isinstance(text, Text):
                    text.overflow = "fold"
            super().__init__(texts, *how, **named)

    class Below(Table):
        """A table of the same kind."""

        def add_row(self, *cells: Any, **how: Any) -> None:
            super().add_row(*cells, **how)
            for column in self.columns:
                column.overflow = "fold"

    for name, word in {**PANELS, "Columns": Beside, "Table": Below}.items():
        if hasattr(rich_utils, name):
            setattr(rich_utils, name, word)
    return rich_utils


def _usage_in_chinese(line: str) -> str:
    for english, chinese in USAGE_WORDS.items():
        line = line.replace(english, chinese, 1)
    return line


def _translate(command: Any, words: dict[str, str]) -> None:
    for one in (command, *command.params):
        sentence = getattr(one, "help", None)
        if sentence:
            plain = " ".join(sentence.split("\n\n")[0].split())
            one.help = words.get(plain, sentence)
    usage, option, help_of = command.get_usage, command.get_help_option, command.format_help

    def help_option(context: Any) -> Any:
        found = option(context)
        if found is not None:
            found.help = "显示帮助并退出。"
        return found

    def format_help(*given: Any) -> Any:
        _words_of_typer()
        return help_of(*given)

    command.get_usage = lambda context: _usage_in_chinese(usage(context))
    command.get_help_option, command.format_help = help_option, format_help
    for inner in getattr(command, "commands", {}).values():
        _translate(inner, words)
