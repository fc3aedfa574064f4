"""Show runs where people would rather look than read: one self-contained HTML file, which asks no network."""

from reward_kit.report.page import write_report

__all__ = ["write_report"]
