MODIFY n bigint, ADD d uuid
