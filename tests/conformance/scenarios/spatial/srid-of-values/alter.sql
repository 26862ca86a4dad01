MODIFY n bigint, MODIFY f geometry COMMENT 'x'
