MODIFY e enum('z','y','x') NOT NULL
