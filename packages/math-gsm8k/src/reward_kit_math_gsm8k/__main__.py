"""``python -m reward_kit_math_gsm8k``."""

from reward_kit_math_gsm8k import main

if __name__ == "__main__":
    main()
