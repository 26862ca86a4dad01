MODIFY id varchar(20) COLLATE utf8mb4_unicode_ci NOT NULL
