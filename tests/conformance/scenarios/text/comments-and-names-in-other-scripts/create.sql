CREATE TABLE t (
  id int NOT NULL PRIMARY KEY COMMENT 'κλειδί',
  `größe` int,
  `日本` varchar(20) COMMENT '日本語 ''quoted'' \\ %s',
  `a b` int,
  `x``y` int,
  `per%cent` int,
  `quo'te` int,
  `dou"ble` int,
  `a.b` int,
  `select` int,
  `back\slash` int,
  KEY `ключ` (`größe`)
) CHARACTER SET utf8mb4 COMMENT='таблица с ''кавычками''';
INSERT INTO t (id, `größe`, `日本`, `a b`, `x``y`, `per%cent`, `quo'te`, `dou"ble`, `a.b`, `select`, `back\slash`)
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 45)
  SELECT i, i, CONCAT('日', i), i, i, i, i, i, i, i, i FROM n;
