CREATE TABLE t (
  id int NOT NULL,
  a int NOT NULL,
  s date NOT NULL,
  e date NOT NULL,
  PERIOD FOR validity (s, e),
  PRIMARY KEY (id, validity WITHOUT OVERLAPS)
);
INSERT INTO t (id, a, s, e) VALUES (1, 1, '2020-01-01', '2021-01-01'), (1, 2, '2021-01-01', '2022-01-01'), (2, 3, '2020-01-01', '2025-01-01');
