"""Models as data: their inputs, targets, scoring and how they are judged. Nothing here trains."""
