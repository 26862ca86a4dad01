CREATE TABLE t (
  k enum('m01','m02','m03','m04','m,''5"','m06','m07','m08','m09','m,''10"','m11','m12','m13','m14','m,''15"','m16','m17','m18','m19','m,''20"','m21','m22','m23','m24','m,''25"','m26','m27','m28','m29','m,''30"','m31','m32','m33','m34','m,''35"','m36','m37','m38','m39','m,''40"','m41','m42','m43','m44','m,''45"','m46','m47','m48','m49','m,''50"','m51','m52','m53','m54','m,''55"','m56','m57','m58','m59','m,''60"') NOT NULL,
  v int,
  PRIMARY KEY (k)
);
INSERT INTO t (k, v) WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 30) SELECT n, n FROM n;
