/* first */ CHANGE /* a to b? */ COLUMN -- to the end
  a # another
  /* DROP COLUMN b, */ z
  int NOT NULL,

 RENAME	COLUMN
 b /**/ TO
 y
