CREATE TABLE t (
  c01 tinyint NOT NULL,
  c02 smallint unsigned NOT NULL,
  c03 mediumint NOT NULL,
  c04 int unsigned NOT NULL,
  c05 bigint NOT NULL,
  c06 decimal(10,3) NOT NULL,
  c07 bit(5) NOT NULL,
  c08 char(4) CHARACTER SET latin1 NOT NULL,
  c09 varchar(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  c10 binary(3) NOT NULL,
  c11 varbinary(4) NOT NULL,
  c12 enum('b','a') NOT NULL,
  c13 set('x','y') NOT NULL,
  c14 date NOT NULL,
  c15 datetime(2) NOT NULL,
  c16 time(1) NOT NULL,
  v int,
  PRIMARY KEY (c01, c02, c03, c04, c05, c06, c07, c08, c09, c10, c11, c12, c13, c14, c15, c16)
);
INSERT INTO t (c01, c02, c03, c04, c05, c06, c07, c08, c09, c10, c11, c12, c13, c14, c15, c16, v) WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 30) SELECT n MOD 2, n MOD 3, 0, n MOD 2, -1, -1.5, n MOD 4, 'x', IF(n MOD 2, 'q', 'Q'), X'0100', X'2000', 1 + n MOD 2, n MOD 4, '2026-01-01', '2026-01-01 00:00:00.25', SEC_TO_TIME(n), n FROM n;
