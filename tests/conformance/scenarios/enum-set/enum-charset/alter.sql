MODIFY v enum('ä','ö','ü','ß') CHARACTER SET utf8mb4
