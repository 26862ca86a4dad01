MODIFY n bigint
