RENAME `index`
