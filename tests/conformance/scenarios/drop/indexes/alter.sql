DROP INDEX a_alone, DROP KEY `a_and_b`
