MODIFY d bigint, MODIFY f int
