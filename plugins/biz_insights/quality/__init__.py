"""The checkpoints between what was built and what is published.

``suites`` reads expectations/, ``engine`` runs them (the only module that touches Great Expectations besides
``data_docs``), ``outcome`` scores and blocks, ``checkpoint`` is what a task calls, ``store`` and ``report`` keep
what was found. Great Expectations takes seconds to import, so nothing here imports it at the top of a file.
"""
