"""The checkpoints between what was built and what is published.

| module | what it does |
|---|---|
| `audited_tables`, `derived_rules` | what is declared of a table, and the rules that follow from it |
| `suites`, `suite_rule`, `named_checks`, `check_arguments`, `rule_sql` | read `expectations/` |
| `engine`, `validation_results`, `great_expectations_internals` | run a suite with Great Expectations |
| `outcome`, `checkpoint` | the score, the gate, and what a task calls |
| `results_store`, `quality_report`, `data_docs`, `overview_page` | store and show what was found |

Great Expectations takes seconds to import, so nothing here imports it at the top of a file.
"""
