"""What tests of reward-kit and of projects that use it run against: a local Fireworks, and small real models.

Nothing here is imported by the rest of the package unless it is asked for by name.
"""
