DROP KEY old_words, ADD FULLTEXT other (b, c)
