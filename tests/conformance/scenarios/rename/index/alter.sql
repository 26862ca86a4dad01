RENAME INDEX k TO a_new_name, RENAME KEY `u` TO `U2`
