MODIFY d decimal(20,3), MODIFY e decimal(10,0)
