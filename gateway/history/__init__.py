"""Tables of trades that others have written: CSV and Parquet, read row by row."""
