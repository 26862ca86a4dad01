ADD a point NOT NULL
