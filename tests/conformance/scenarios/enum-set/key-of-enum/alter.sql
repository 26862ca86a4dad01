MODIFY e enum('x','y','z','a') NOT NULL
