"""A local server that speaks as providers of language models do, with replies by a script."""
