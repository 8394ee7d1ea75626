"""The daily report: the figures of a day and its week, as one self-contained HTML page.

`queries` holds the SQL and `reading` runs it. `sales`, `rankings`, `customers` and `checks` compute figures from the
rows. `daily_report` puts them together, `page` writes the HTML, and `delivery` stores the page and writes the message.
"""
