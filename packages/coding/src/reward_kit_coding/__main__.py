"""``python -m reward_kit_coding``."""

from reward_kit_coding import main

if __name__ == "__main__":
    main()
