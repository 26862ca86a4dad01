ALTER TABLE
  `t`
  CHANGE
    `a`
    `z`
    INT
    NOT
    NULL,
  RENAME INDEX `k`
    TO `kk`;
