MODIFY a uuid, MODIFY b inet6, MODIFY c inet4
