"""How is the business doing, and what changed?"""

TITLE = "Overview"
ICON = ":material/dashboard:"
SECTION = ""
ORDER = 0
