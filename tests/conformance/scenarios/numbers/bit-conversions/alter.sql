MODIFY a bit(33), MODIFY b bigint, MODIFY c bit(32), MODIFY d bigint unsigned
