"""After a role swap an apply of the infrastructure's code may undo it: a marker says so until the code agrees again."""
