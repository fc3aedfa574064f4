"""Coding problems of public data sets as samples: a prompt, tests that ``rewards.code_execution`` runs, a reference."""

from reward_kit.data.coding.humaneval import humaneval_file, humaneval_rows, humaneval_version
from reward_kit.data.coding.rows import coding_row, read_coding_row

__all__ = ["coding_row", "humaneval_file", "humaneval_rows", "humaneval_version", "read_coding_row"]
