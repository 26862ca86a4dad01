MODIFY u varchar(20) COLLATE utf8mb4_unicode_ci
