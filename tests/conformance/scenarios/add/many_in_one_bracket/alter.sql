ADD COLUMN (x decimal(10,2) NOT NULL DEFAULT 1.25, y enum('a','b,c') NOT NULL DEFAULT 'b,c', z set('p','q') NULL)
