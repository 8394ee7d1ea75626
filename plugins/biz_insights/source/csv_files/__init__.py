"""The CSV files that fill the source database: what they must hold, how their texts are read, and the load itself.

`header` decides from a file's first line how to read it, `staging` copies it as text. `values` and `time_formats` say
which texts are values, `validation` finds the first text that is not a value. `load` replaces the tables in one
transaction.
"""
