MODIFY v enum('a,b','it''s','back\\slash','(x)','','日本','"q"',' lead','new,''one)')
