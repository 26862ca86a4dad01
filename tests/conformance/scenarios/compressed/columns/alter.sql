MODIFY c blob COMPRESSED, MODIFY d blob, ADD n int
