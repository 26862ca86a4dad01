ADD KEY ms ((CAST(v->'$.s' AS CHAR(10) ARRAY)))
