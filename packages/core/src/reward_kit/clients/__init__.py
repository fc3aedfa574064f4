"""Clients of the services that reward-kit talks to: plain HTTP, OpenAI-compatible chat, the Fireworks platform."""
