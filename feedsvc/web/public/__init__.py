"""What anybody may read: pages, feeds, lists, the change log, pictures."""
