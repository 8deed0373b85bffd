"""Writing questions: the editor, its try-out and check, versions, and what a changed rubric would do."""
