ALTER TABLE t
  MODIFY a BIGINT NOT NULL,
  ADD COLUMN status ENUM('new','in progress','done') NOT NULL DEFAULT 'new' AFTER a,
  CHANGE b note VARCHAR(500) NULL,
  ADD CONSTRAINT uq_t_status UNIQUE (status, id);
