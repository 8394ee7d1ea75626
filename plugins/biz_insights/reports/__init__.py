"""The daily report: what a day and its week were, as one HTML page that loads nothing.

``queries`` says what is read and ``reading`` reads it; ``sales``, ``rankings``, ``customers`` and ``checks`` make
figures of the rows; ``report`` puts them together; ``page`` writes the HTML; ``delivery`` says where it lies and what
is announced.
"""
