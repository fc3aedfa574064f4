"""The import paths that reward-kit 0.4.1 offered its adapters under; the code is in ``reward_kit.integrations``."""
