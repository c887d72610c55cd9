"""The order of the steps, when to turn, memo and resume, lineage, the gate."""
