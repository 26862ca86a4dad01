ADD `add` int DEFAULT 3 AFTER `%s {0} \`
