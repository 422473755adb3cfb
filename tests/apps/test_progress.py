"""Progress: stages in words, figures that were reported, nothing made up."""

from __future__ import annotations

import contextlib
import io
import math
import signal
import time

import pytest
from rich.console import Console

from tongqu.apps import progress as module
from tongqu.apps.progress import show_progress
from tongqu.base import Report
from tongqu.workflow import Stop

GAP = Report("optimise", best=math.log(0.8), bound=math.log(0.9), gap=math.log(1.001))


def shown(*reports: Report, terminal: bool = False, language: str = "en", wait: float = 0.0) -> str:
    file = io.StringIO()
    console = Console(file=file, force_terminal=terminal, width=120, markup=False, highlight=False)
    with show_progress(language, console=console) as progress:
        for report in reports:
            progress(report)
            time.sleep(wait)
    return file.getvalue()


@pytest.fixture
def moving(monkeypatch):
    """A clock that moves by seven seconds each time somebody looks."""
    now = [0.0]

    def monotonic() -> float:
        now[0] += 7.0
        return now[0]

    monkeypatch.setattr(module.time, "monotonic", monotonic)


def test_quiet(capfd):
    with show_progress("en", quiet=True) as progress:
        progress(GAP)
    assert capfd.readouterr() == ("", "")


def swallowed(then, *, quiet: bool, press: bool = True) -> None:
    """Ctrl-C is pressed, somebody in between swallows it, and the work goes on."""
    with show_progress("en", quiet=quiet, console=Console(file=io.StringIO())) as progress:
        with contextlib.suppress(KeyboardInterrupt):
            if press:
                signal.raise_signal(signal.SIGINT)
        then(progress)


@pytest.mark.parametrize("quiet", [False, True])
def test_ctrl_c_that_was_swallowed_is_heeded(quiet):
    before = signal.getsignal(signal.SIGINT)

    def goes_on(progress):
        progress(Report("store"))

    def fails(_):
        raise ValueError("the solver failed")

    for then in (goes_on, fails):
        with pytest.raises(KeyboardInterrupt):
            swallowed(then, quiet=quiet)
    with pytest.raises(ValueError, match="failed"):
        swallowed(fails, quiet=quiet, press=False)
    assert signal.getsignal(signal.SIGINT) is before, "the caller's own handler is back"


@pytest.mark.parametrize("quiet", [False, True])
def test_ctrl_c_keeps_the_plan_found_and_the_next_gives_up(quiet):
    stop, file = Stop(), io.StringIO()

    def work() -> None:
        with show_progress("en", quiet=quiet, console=Console(file=file), stop=stop) as progress:
            progress(Report("optimise"))
            progress(GAP)
            signal.raise_signal(signal.SIGINT)
            assert stop.asked
            progress(Report("simulate"))
            assert quiet or "kept" in file.getvalue()
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        work()


def test_ctrl_c_before_a_plan_was_found_gives_up():
    stop = Stop()

    def work() -> None:
        with show_progress("en", quiet=True, stop=stop) as progress:
            progress(Report("optimise"))
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        work()
    assert not stop.asked


@pytest.mark.parametrize(
    ("report", "words"),
    [
        (
            Report("optimise", best=0.5, bound=0.6, gap=0.1, unit="share"),
            "best so far 50.000%  bound 60.000%",
        ),
        (
            Report("optimise", best=-1500.0, bound=-1400.0, gap=100.0, unit="万元"),
            "best so far 1,500 万元  bound 1,400 万元  gap 100 万元",
        ),
    ],
)
def test_figures_of_other_goals_have_their_unit(report, words):
    assert words in shown(report)


def test_plain_lines_are_few():
    reading = [Report("read", done=number / 20) for number in range(20)]
    lines = shown(Report("load"), *reading, Report("optimise"), GAP, GAP, Report("store")).splitlines()
    assert lines[:3] == ["Load the region", "Read tables", "Optimise"]
    assert lines[3] == "Optimise  best so far D 0.80000  bound D 0.90000  gap 0.100%"
    assert lines[4:] == ["Store the run", "Done in 0 s"]


def test_plain_lines_show_a_better_gap_now_and_then(moving):
    lines = shown(Report("optimise"), GAP, GAP, GAP, GAP, Report("store")).splitlines()
    assert sum("bound" in line for line in lines) == 2


def test_a_terminal_shows_the_stage_under_way():
    text = shown(Report("read", done=0.5), GAP, Report("optimise"), terminal=True, language="zh", wait=0.3)
    assert "✓ 读取数据表" in text
    assert "50%" in text
    assert "当前最好 D 0.80000  上界 D 0.90000  差距 0.100%" in text
    assert "完成，用时" in text
    assert "剩余" not in text


def test_no_figure_is_shown_that_nobody_reported():
    text = shown(Report("optimise"), Report("sorting parcels"))
    assert "gap" not in text
    assert "sorting parcels" in text
