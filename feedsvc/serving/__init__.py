"""Serve ready documents: kept bytes, detection of commits, database connections, rate limits. No Flask."""
