"""Floor 1: text in, text out. Every name and literal is quoted here and nowhere else."""
