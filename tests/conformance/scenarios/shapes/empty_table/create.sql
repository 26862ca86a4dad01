CREATE TABLE t (
  id int NOT NULL AUTO_INCREMENT,
  a int NOT NULL,
  b varchar(40) DEFAULT NULL,
  c varchar(40) NOT NULL DEFAULT 'c',
  PRIMARY KEY (id)
);
