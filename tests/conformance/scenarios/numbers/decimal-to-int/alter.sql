MODIFY d int, MODIFY e bigint
