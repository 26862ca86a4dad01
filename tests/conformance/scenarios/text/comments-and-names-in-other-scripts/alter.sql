ADD `ñ%s` varchar(10) DEFAULT 'ж' COMMENT 'новый', CHANGE `größe` `ΩΩ` bigint, CHANGE `x``y` `y``z %d` bigint, RENAME COLUMN `日本` TO `中国`, DROP COLUMN `a b`, COMMENT = 'κόσμε'
