DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci, ADD w varchar(10) DEFAULT '日'
