"""Gold tables: what their SQL files declare, what a run must build of them, and the calendar periods they use."""
