"""How each family of models writes a call as text: one handler per opening marker."""
