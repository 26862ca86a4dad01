ADD z varchar(2000)
