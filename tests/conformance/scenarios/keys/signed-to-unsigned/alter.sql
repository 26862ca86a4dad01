MODIFY k int unsigned NOT NULL
