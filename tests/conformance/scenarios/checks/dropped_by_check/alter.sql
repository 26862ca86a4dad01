drop /* it */ check A_SMALL, DROP CHECK `T_CHK_1`
