MODIFY d decimal(65,30), MODIFY e decimal(20,10)
