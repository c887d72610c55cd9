"""What a person is told, in English and Chinese: results in plain sentences, and their words."""
