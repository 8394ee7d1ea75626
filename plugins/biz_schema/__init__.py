"""What the tables of the lake are, declared once: standard library only, shipped to Airflow's workers and to Glue.

| module | what it declares |
|---|---|
| `source_tables` | columns of the source database and of its CSV files |
| `lake_tables` | the form in which a table of the lake is declared |
| `bronze_tables`, `silver_tables`, `score_tables`, `operations_tables` | those tables |
| `quarantine_reasons` | why a source row is not accepted |
| `placeholders`, `value_limits`, `setting_values` | values that several of these use |
| `score_inputs` | what the job `customer_scores` reads |
| `severities` | how much a failed expectation counts |
"""
