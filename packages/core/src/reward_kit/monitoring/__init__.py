"""Watch what a deployed model answers: grade its logs as they grow, keep pass rates, say when they fall.

Not covered: logs on other machines (ship them here first), and replies that need a ground truth nobody has.
"""

from reward_kit.monitoring.decline import Decline, decline
from reward_kit.monitoring.monitor import Monitor, MonitorSettings
from reward_kit.monitoring.store import DayRate, Store

__all__ = ["DayRate", "Decline", "Monitor", "MonitorSettings", "Store", "decline"]
