MODIFY a decimal(20,0), MODIFY b decimal(30,15)
