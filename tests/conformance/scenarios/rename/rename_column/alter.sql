RENAME COLUMN a TO z, rename column `B` to `zb`
