MODIFY id varchar(20) COLLATE utf8mb4_bin NOT NULL
