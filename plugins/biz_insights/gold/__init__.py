"""Gold tables: the declarations in their SQL files, the plan of what a run builds, and their calendar periods."""
