"""The life of an article: a draft becomes a candidate, is compared with what is stored, decided on, and saved."""
