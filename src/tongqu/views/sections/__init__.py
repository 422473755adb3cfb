"""Sections of the report: figures turned into sentences, tables and drawings of one language."""
