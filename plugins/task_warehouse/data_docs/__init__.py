"""Data Docs: what Great Expectations found in each check, as pages that need nothing but a browser.

Great Expectations' own pages load a dozen files from other hosts; these are built from the same
validation results, with the texts of our expectations, in Vietnamese first. The check keeps its
results (:mod:`.keeping`), the publication draws them (:mod:`.pages`), without importing Great
Expectations again. They hold counts, never a value of a row.
"""
