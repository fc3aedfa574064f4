"""The place that reward-kit 0.4.1 also offered ``create_trl_adapter`` in; kept for its users."""

from reward_kit.integrations.trl import create_trl_adapter

__all__ = ["create_trl_adapter"]
