MODIFY s set('x','y','z','a') NOT NULL, ADD w int
