MODIFY id varchar(30) COLLATE utf8mb4_unicode_ci NOT NULL
