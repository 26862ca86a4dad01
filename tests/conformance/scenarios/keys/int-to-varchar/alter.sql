MODIFY k varchar(20) NOT NULL
