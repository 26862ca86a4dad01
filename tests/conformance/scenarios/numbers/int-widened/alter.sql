MODIFY a bigint, MODIFY b int unsigned, MODIFY c int, MODIFY d bigint unsigned
