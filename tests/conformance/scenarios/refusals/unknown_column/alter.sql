DROP COLUMN nothere
