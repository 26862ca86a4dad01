MODIFY a uuid, MODIFY b inet6, MODIFY c binary(16)
