MODIFY f double, MODIFY fu double
