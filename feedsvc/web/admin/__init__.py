"""The administration for ward clerks: log in, write, correct, withdraw."""
