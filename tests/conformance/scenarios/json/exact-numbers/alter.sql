MODIFY n bigint, ADD added json
