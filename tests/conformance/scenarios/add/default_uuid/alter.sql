ADD u char(36) NOT NULL DEFAULT (uuid())
