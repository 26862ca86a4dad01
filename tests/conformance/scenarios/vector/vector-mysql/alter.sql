MODIFY n bigint, MODIFY w vector(9) NOT NULL, MODIFY b vector(5)
