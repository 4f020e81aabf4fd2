"""References written from the code itself: the schema as Markdown, the API as a page."""
