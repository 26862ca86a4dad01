MODIFY b varchar(40) DEFAULT 'x\', ADD n varchar(20) DEFAULT 'DROP a, \'
