"""The HTTP API for programs that post: operations, bodies, problems, tokens."""
