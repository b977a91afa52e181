"""Programs that Asterisk itself runs, beside the dialplan: they are copied to its host, and need Python alone."""
