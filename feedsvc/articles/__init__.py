"""The life of an article: turn a draft into a candidate, compare it with the stored article, decide, and save."""
