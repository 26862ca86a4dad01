MODIFY v char(20)
