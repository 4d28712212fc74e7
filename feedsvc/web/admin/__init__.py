"""The desk of ward clerks: log in, write, correct, withdraw."""
