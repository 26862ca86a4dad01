ADD COLUMN `is_active` bool DEFAULT 1 NOT NULL, MODIFY `b` varchar(254) NULL, ADD INDEX `app_t_b_5d1c_idx` (`b`), ADD COLUMN `created` datetime(6) DEFAULT '2026-01-01 00:00:00.000000' NOT NULL
