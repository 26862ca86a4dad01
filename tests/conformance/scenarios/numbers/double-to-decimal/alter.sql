MODIFY d decimal(30,2), MODIFY f decimal(20,3)
