RENAME AS other
