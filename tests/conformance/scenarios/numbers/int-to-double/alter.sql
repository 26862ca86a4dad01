MODIFY a double, MODIFY b double
