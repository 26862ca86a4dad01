MODIFY w varchar(90) DEFAULT 'plain'
