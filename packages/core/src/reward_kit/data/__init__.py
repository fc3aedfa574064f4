"""Read and write JSON Lines whose errors name ``file:line``: samples, replies, and logs that survive ``kill -9``."""

from reward_kit.data.append_log import AppendLog
from reward_kit.data.jsonl import load_jsonl, read_jsonl, to_line
from reward_kit.data.replies import read_replies
from reward_kit.data.samples import read_samples

__all__ = ["AppendLog", "load_jsonl", "read_jsonl", "read_replies", "read_samples", "to_line"]
