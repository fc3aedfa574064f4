"""Ask a language model for replies to the rows of a data set: bounded, resumable, nothing lost and nothing twice.

Above ``clients`` and ``data``, beside ``evaluation``: it asks and keeps, and grades nothing.
"""

from reward_kit.generation.asking import Question, question_for
from reward_kit.generation.generate import GenerationReport, RowFailure, generate

__all__ = ["GenerationReport", "Question", "RowFailure", "generate", "question_for"]
