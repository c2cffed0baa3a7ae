"""What users of a program asked it, as inputs of new cases."""
