"""``python -m reward_kit_remote_evaluation``."""

from reward_kit_remote_evaluation.commands import main

if __name__ == "__main__":
    main()
