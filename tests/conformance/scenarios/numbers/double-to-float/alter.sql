MODIFY d float
