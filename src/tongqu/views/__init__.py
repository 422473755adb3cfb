"""Views of a stored run: figures, maps, charts and the report. They read a run and nothing else."""

from tongqu.views.report import report_html

__all__ = ["report_html"]
