MODIFY k datetime(6) NOT NULL
