"""The pages: drawn on the server, in English and Chinese, with styles and scripts of our own."""
