MODIFY k datetime NOT NULL
