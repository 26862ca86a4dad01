MODIFY v varchar(60), ADD z varchar(20) DEFAULT 'it''s a \\ "%s"'
