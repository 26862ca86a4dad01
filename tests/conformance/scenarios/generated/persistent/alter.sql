ADD p int AS (a + 1) PERSISTENT, ADD KEY (p)
