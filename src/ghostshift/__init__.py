"""ghostshift: online schema migration for MySQL and MariaDB."""

__version__ = "0.1.0"
