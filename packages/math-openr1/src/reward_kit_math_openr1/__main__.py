"""``python -m reward_kit_math_openr1``."""

from reward_kit_math_openr1 import main

if __name__ == "__main__":
    main()
