"""``python -m reward_kit_function_calling``."""

from reward_kit_function_calling import main

if __name__ == "__main__":
    main()
