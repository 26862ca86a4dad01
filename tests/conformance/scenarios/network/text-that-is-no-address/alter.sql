MODIFY a inet6
