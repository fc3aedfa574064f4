"""``python -m reward_kit_math_coding``."""

from reward_kit_math_coding import main

if __name__ == "__main__":
    main()
