MODIFY a char(36), MODIFY b varchar(40), MODIFY c varchar(15) CHARACTER SET utf8mb4
