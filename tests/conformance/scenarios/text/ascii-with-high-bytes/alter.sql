MODIFY n bigint, MODIFY v varchar(50) CHARACTER SET ascii
