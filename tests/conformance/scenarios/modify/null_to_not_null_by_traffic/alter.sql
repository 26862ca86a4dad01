MODIFY b varchar(40) NOT NULL
