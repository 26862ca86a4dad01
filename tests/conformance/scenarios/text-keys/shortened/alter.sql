MODIFY id varchar(10) NOT NULL
