"""Tables of trades and candles that others have written: CSV and Parquet, read row by row."""
