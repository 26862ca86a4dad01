-- a remark
# another
/* and one */ ALTER /* x */ TABLE -- t is the table
 t ADD COLUMN /* name: */ n /* type: */ int /* DEFAULT 3, DROP a */ DEFAULT 4 -- , DROP b
, /* last */ DROP /* not a */ c /* end */ -- bye
