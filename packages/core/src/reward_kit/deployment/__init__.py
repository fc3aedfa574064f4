"""Put an evaluator where others can use it."""

from reward_kit.deployment.fireworks import Deployed, deploy_evaluator

__all__ = ["Deployed", "deploy_evaluator"]
