"""Rewards of this project in the calling conventions of trainers; none of these modules imports its trainer."""
