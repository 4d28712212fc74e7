"""Ready documents and what they need: kept bytes, a look at what was committed, connections, limits. No Flask."""
