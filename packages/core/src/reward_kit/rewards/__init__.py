"""Reward functions, each under its own module: ``from reward_kit.rewards.math import math_reward``."""
