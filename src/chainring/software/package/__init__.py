"""A champion as a folder that serves by itself: no training extra, no text of the project."""
