ADD INDEX by_a (a DESC, c), ADD KEY by_c (c(3)) COMMENT 'a ''prefix''', ADD INDEX USING BTREE (b), ADD KEY kb (b, a, c) KEY_BLOCK_SIZE = 4
