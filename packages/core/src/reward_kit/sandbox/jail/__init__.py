"""What travels into the sandbox: the fork server and everything that it confines its children with.

Standard library only, and nothing of reward_kit outside this folder: its sources are sent as text to an interpreter
that may run in a container without reward_kit. Nothing here ever sees an expected output; the processes here move
programs, inputs and answers, and the grader compares.
"""
