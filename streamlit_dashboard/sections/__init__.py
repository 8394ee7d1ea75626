"""Parts of long pages: the cards of one subject each. Files in pages/ choose what to show; these draw it."""
