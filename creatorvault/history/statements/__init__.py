"""SQL statements of the trash, of earlier versions, and of retention."""
