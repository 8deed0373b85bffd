"""xAPI: an organisation's learning record store is told that interviews are begun, completed and scored."""
