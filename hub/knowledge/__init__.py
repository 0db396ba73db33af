"""Articles in Chinese and English: written, published, found, shown in the public help centre."""
