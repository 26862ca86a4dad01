DROP KEY kv, ADD KEY kv (v(5)), DROP KEY kw, ADD KEY kw (w(2)), DROP KEY kb
