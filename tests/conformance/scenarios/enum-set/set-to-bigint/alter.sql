MODIFY v bigint
