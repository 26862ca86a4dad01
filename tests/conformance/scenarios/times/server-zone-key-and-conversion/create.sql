SET time_zone = '+00:00';
CREATE TABLE t (
  k timestamp NOT NULL PRIMARY KEY,
  v datetime
);
INSERT INTO t VALUES ('2026-01-01 00:00:00', '2026-01-01 00:00:00');
